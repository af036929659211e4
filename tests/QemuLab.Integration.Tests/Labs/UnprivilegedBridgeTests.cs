using QemuLab.Engine.Hosts;
using QemuLab.Integration.Tests.Networks;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>
/// Bridges of a user who is not root, in a network namespace: by the helper that sudo starts, where an administrator allows it,
/// and by a service's ambient capabilities. Either way QEMU has no rights at all.
/// </summary>
public sealed class UnprivilegedBridgeTests
{
    private const string Capabilities = "+net_admin,+net_raw,+net_bind_service";

    private const string Lab = """
        name: free
        image: micro
        network: { mode: bridge, subnet: 10.77.0.0/24 }
        defaults: { memory: 128MiB }
        groups: { one: {}, two: {} }
        """;

    [Fact(Timeout = 300_000)]
    public async Task Sudo_lets_a_user_have_a_bridge_once_it_is_allowed()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/sudo") && Directory.Exists("/etc/sudoers.d"), "needs sudo: apt-get install sudo");
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(withHosts: true);
        await AllowAsync(host, "# nothing yet\n");
        var user = new UnprivilegedRunner(host);
        await using (var home = new TestHome(runner: user))
        {
            await user.OwnAsync(home);
            string file = home.Write("lab.yaml", Lab);
            CommandResult refused = await home.RunAsync("launch-all", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("CAP_NET_ADMIN", refused.Error, StringComparison.Ordinal);
            Assert.Contains("hint: say 'mode: user' in the lab file's network, which needs no rights, or allow bridges to your user once: qemulab network sudoers", refused.Error, StringComparison.Ordinal);

            await AllowAsync(host, await home.OutputAsync("network", "sudoers"));
            await host.RunAsync("visudo", "-c");
            Assert.Contains("bridges                     can be made", await home.OutputAsync("doctor"), StringComparison.Ordinal);
            await EverythingWorksAsync(host, home, file);

            await CapturedAsync(home);
            Assert.Equal("free/two: cut off\n", await home.OutputAsync("network", "cut", "two"));
            Assert.Equal("free: nothing is impaired\n", await home.OutputAsync("network", "heal"));
            await host.RunAsync("kill", "-9", $"{home.DaemonProcess()}");
            await EndedAsync(host, home);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_service_with_ambient_capabilities_has_a_bridge_and_hands_none_of_them_to_QEMU()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(withHosts: true);
        var user = new UnprivilegedRunner(host, "--inh-caps=" + Capabilities, "--ambient-caps=" + Capabilities);
        await using (var home = new TestHome(runner: user))
        {
            await user.OwnAsync(home);
            await EverythingWorksAsync(host, home, home.Write("lab.yaml", Lab));
            await EndedAsync(host, home);
        }
    }

    private static async Task EverythingWorksAsync(NetworkNamespace host, TestHome home, string file)
    {
        await home.OutputAsync("launch-all", file);
        CommandResult check = await home.RunAsync("network", "check", "free");
        Assert.True(check.Succeeded, check.Output + check.Error);

        IReadOnlyList<int> machines = home.Processes("qemu-system");
        Assert.Equal(2, machines.Count);
        Assert.All(machines, pid =>
        {
            string status = File.ReadAllText($"/proc/{pid}/status");
            Assert.Contains($"Uid:\t{UnprivilegedRunner.User}\t{UnprivilegedRunner.User}\t", status, StringComparison.Ordinal);
            Assert.Contains("CapEff:\t0000000000000000\n", status, StringComparison.Ordinal);
            Assert.Contains("CapPrm:\t0000000000000000\n", status, StringComparison.Ordinal);
        });
        Assert.Contains("qemulab free/lan", await host.RunAsync("ip", "-details", "link", "show", "type", "bridge"), StringComparison.Ordinal);
    }

    private static async Task CapturedAsync(TestHome home)
    {
        string file = Path.Combine(home.Path, "free.pcapng");
        Task<CommandResult> capture = home.RunAsync("network", "capture", "free", "-w", file, "--for", "4s");
        await home.OutputAsync("exec", "one", "--", "sleep 1; ping -c 2 -i 0.3 two");
        CommandResult done = await capture;
        Assert.True(done.Succeeded, done.Error);
        CommandResult read = await new CommandRunner().RunAsync(new Command("tcpdump", "-nn", "-r", file) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.Contains("ICMP echo request", read.Output, StringComparison.Ordinal);
    }

    private static async Task EndedAsync(NetworkNamespace host, TestHome home)
    {
        await home.OutputAsync("down", "free", "--purge", "--yes");
        Assert.Empty(await host.RunAsync("ip", "link", "show", "type", "bridge"));
        Assert.Empty(await host.RunAsync("nft", "list", "ruleset"));
        Assert.Equal("0\n", await host.RunAsync("sysctl", "-n", "net.ipv4.ip_forward"));
    }

    /// <summary>What ip netns exec puts over /etc/sudoers.d: the host's own is not touched.</summary>
    private static async Task AllowAsync(NetworkNamespace host, string rule)
    {
        string folder = Path.Combine(host.Files, "sudoers.d");
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, rule.StartsWith("# nothing", StringComparison.Ordinal) ? "README" : "qemulab-nobody");
        await File.WriteAllTextAsync(file, rule);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
    }
}
