using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;
using QemuLab.Integration.Tests.Networks;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>
/// The whole of a cluster's lab on a bridge, as a user would have it: seven machines, the virtual IP, names, captures, faults,
/// and a host that is afterwards as it was. All of it in a network namespace of the test's own.
/// </summary>
public sealed partial class KubernetesLabTests
{
    private const string Vip = "10.77.0.100", Gateway = "10.77.0.10";

    [Fact(Timeout = 600_000)]
    public async Task Seven_machines_share_a_bridge_and_a_virtual_IP_and_leave_the_host_as_it_was()
    {
        // Inside there is no way to a package mirror.
        await using (var outside = new TestHome())
        {
            await outside.OutputAsync("image", "pull", "micro");
        }

        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(withHosts: true);
        string before = await host.SnapshotAsync() + await host.RunAsync("cat", "/etc/hosts");
        await using (var home = new TestHome(runner: host))
        {
            string[] launch = ["launch-all", Path.Combine(TestHome.Root, "cloud-init", "kubernetes.yaml"), "--set", "image=micro", "--set", "memory=128MiB", "--set", "network.mode=bridge", "--set", "groups.worker.publish=[\"8088:80\"]"];
            await home.OutputAsync(launch);

            await EveryMachineReachesEveryOtherByNameAsync(home);
            await OnlyTheGatewayAnswersForTheVirtualIpAsync(host, home);
            await RequestsAreSpreadAndAnsweredByTheBackendsThemselvesAsync(host, home);
            await APublishedPortLeadsToEachMachineOfAGroupInTurnAsync(host, home);
            await ASenderOfOthersAddressesIsNotHeardAsync(home);
            await AMachineThatLostItsTapIsToldAsync(host, home, launch);

            int daemon = home.DaemonProcess() ?? throw new InvalidOperationException("there is no daemon");
            await host.RunAsync("kill", "-9", daemon.ToString(CultureInfo.InvariantCulture));
            await home.OutputAsync("down", "k8s", "--purge", "--force", "--yes");
        }

        Assert.Equal(before, await host.SnapshotAsync() + await host.RunAsync("cat", "/etc/hosts"));
    }

    private static async Task EveryMachineReachesEveryOtherByNameAsync(TestHome home)
    {
        CommandResult check = await home.RunAsync("network", "check", "k8s", "--all");

        Assert.True(check.Succeeded, check.Output + check.Error);
        Assert.Equal(7 * 7, check.Output.Split('\n').Count(line => line.Contains(" work ", StringComparison.Ordinal)));
    }

    private static async Task OnlyTheGatewayAnswersForTheVirtualIpAsync(NetworkNamespace host, TestHome home)
    {
        string answers = await host.RunAsync("arping", "-I", "ql-k8s", "-c", "3", Vip);

        Assert.Equal([await MacAsync(home, "gateway")], MacForm().Matches(answers).Select(match => match.Value).Distinct());
    }

    /// <summary>By name, through the host's /etc/hosts; the frames show direct routing: the backends' own MACs, the virtual IP's address.</summary>
    private static async Task RequestsAreSpreadAndAnsweredByTheBackendsThemselvesAsync(NetworkNamespace host, TestHome home)
    {
        await home.OutputAsync("hosts", "k8s", "--install");
        string frames = Path.Combine(home.Path, "k8s.pcapng");
        Task<string> capture = home.OutputAsync("network", "capture", "k8s", "-w", frames, "--for", "8s");
        var served = new Dictionary<string, int>();
        for (int request = 0; request < 30; request++)
        {
            string name = (await host.RunAsync("curl", "-sk", "-m", "15", "https://kubernetes.k8s.lab:6443/name")).Trim();
            served[name] = served.GetValueOrDefault(name) + 1;
        }

        Assert.Equal(["control0", "control1", "control2"], served.Keys.Order(StringComparer.Ordinal));
        Assert.All(served.Values, count => Assert.InRange(count, 8, 12));

        await capture;
        string replies = await host.RunAsync("tcpdump", "-enn", "-r", frames, $"src host {Vip} and tcp port 6443");
        string[] senders = [.. replies.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => MacForm().Match(line).Value).Distinct().Order(StringComparer.Ordinal)];
        Assert.NotEmpty(senders);
        Assert.Subset(
            new HashSet<string> { await MacAsync(home, "control0"), await MacAsync(home, "control1"), await MacAsync(home, "control2") },
            new HashSet<string>(senders));
    }

    private static async Task APublishedPortLeadsToEachMachineOfAGroupInTurnAsync(NetworkNamespace host, TestHome home)
    {
        foreach (string worker in (string[])["worker0", "worker1", "worker2"])
        {
            await home.OutputAsync("ssh", worker, "--", "mkdir -p /tmp/web && hostname >/tmp/web/name && sudo httpd -p 80 -h /tmp/web");
        }

        var served = new List<string>();
        for (int request = 0; request < 6; request++)
        {
            served.Add((await host.RunAsync("curl", "-s", "-m", "15", "http://127.0.0.1:8088/name")).Trim());
        }

        Assert.Equal(["worker0", "worker0", "worker1", "worker1", "worker2", "worker2"], served.Order(StringComparer.Ordinal));
    }

    private static async Task ASenderOfOthersAddressesIsNotHeardAsync(TestHome home)
    {
        const string script = $"sudo ip address add 10.77.0.77/24 dev eth0; ping -c 2 -W 2 -I 10.77.0.77 {Gateway} >/dev/null && echo heard || echo silence; sudo ip address del 10.77.0.77/24 dev eth0; ping -c 1 -W 5 {Gateway} >/dev/null && echo heard";

        Assert.Equal("silence\nheard\n", await home.OutputAsync("ssh", "worker0", "--", script));
    }

    private static async Task AMachineThatLostItsTapIsToldAsync(NetworkNamespace host, TestHome home, string[] launch)
    {
        await host.RunAsync("ip", "link", "delete", "qt-k8s_worker2");

        CommandResult again = await home.RunAsync(launch);

        Assert.Equal(1, again.ExitCode);
        Assert.Contains("worker2 has lost its tap qt-k8s_worker2", again.Error, StringComparison.Ordinal);
    }

    private static async Task<string> MacAsync(TestHome home, string machine) => MacForm().Match(await home.OutputAsync("info", machine)).Value;

    [GeneratedRegex("[0-9a-f]{2}(:[0-9a-f]{2}){5}")]
    private static partial Regex MacForm();
}
