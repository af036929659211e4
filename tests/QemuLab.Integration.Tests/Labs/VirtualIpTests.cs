using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>
/// A virtual IP with real kernels: IPVS, ARP, VRRP and checks of micro machines on the rootless switch. Needs qemu-system, and
/// the packages of the micro image's builder. One lab for all steps: its start is most of the time.
/// </summary>
public sealed class VirtualIpTests(ITestOutputHelper output)
{
    private const string Lab = """
        name: vip
        image: micro
        network: { subnet: 10.77.0.0/24 }
        defaults: { cpus: 1, memory: 128MiB }
        virtualIp:
          address: 10.77.0.100
          name: kubernetes
          gateway: gateway
          backends: control
          check: { type: http, path: /healthz, body: ok }
        groups:
          gateway: { count: 2 }
          control:
            count: 2
            userData:
              write_files:
                - { path: /www/healthz, content: ok }
                - { path: /www/name, content: "${machine.name}\n" }
                - { path: /www/cgi-bin/slow, permissions: "0755", content: "#!/bin/sh\nprintf '\\r\\n'\nuntil [ -e /tmp/go ]; do sleep 1; done\nhostname\n" }
              runcmd: [ "httpd -p 6443 -h /www" ]
          # So few ports that each is used again within seconds, long before IPVS forgets the connection that had it.
          worker:
            userData:
              runcmd: [ "echo 42000 42031 >/proc/sys/net/ipv4/ip_local_port_range", "echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse" ]
        """;

    private const string Serve = "httpd -p 6443 -h /www";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_virtual_IP_balances_survives_a_backend_and_a_gateway_and_drains()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        await UntilAsync("both gateways are set up", home, vip => State(vip, 0) == "Master" && State(vip, 1) == "Backup" && All(vip, "Up"));

        await Requests_are_spread_over_all_backends(home);
        Assert.Equal([await MacAsync(home, "gateway0")], await ArpAnswersAsync(home));
        await A_backend_that_stops_serving_gets_nothing_and_comes_back(home);
        await A_client_of_a_backend_that_stands_still_reaches_another(home);
        await A_drained_backend_gets_nothing_new_and_ends_what_it_has(home);
        await A_killed_gateway_is_followed_by_the_other(home);
        await Without_a_gateway_nobody_answers_and_one_that_starts_again_serves(home);
    }

    private static async Task Requests_are_spread_over_all_backends(TestHome home)
    {
        IReadOnlyDictionary<string, int> names = await FetchAsync(home, 60);

        Assert.Equal(["control0", "control1"], names.Keys.Order(StringComparer.Ordinal));
        Assert.All(names.Values, count => Assert.InRange(count, 20, 40));
    }

    private async Task A_backend_that_stops_serving_gets_nothing_and_comes_back(TestHome home)
    {
        await home.OutputAsync("exec", "control0", "--", "killall httpd");
        await UntilAsync("control0 is out", home, vip => Backend(vip, "control0") == ("Down", 0));
        Assert.Equal(10, (await FetchAsync(home, 10))["control1"]);

        await home.OutputAsync("exec", "control0", "--", Serve);
        await UntilAsync("control0 is back", home, vip => Backend(vip, "control0") == ("Up", 1));
    }

    /// <summary>The client has sent its SYN before a check fails; the next time it goes elsewhere.</summary>
    private async Task A_client_of_a_backend_that_stands_still_reaches_another(TestHome home)
    {
        await home.OutputAsync("pause", "control0");
        string names = await home.OutputAsync("exec", "worker", "--", "for n in 1 2; do timeout 60 wget -q -O - http://kubernetes:6443/name & done; wait");
        Assert.Equal("control1\ncontrol1\n", names);

        await home.OutputAsync("unpause", "control0");
        await UntilAsync("control0 moves again", home, vip => Backend(vip, "control0") == ("Up", 1));
    }

    private async Task A_drained_backend_gets_nothing_new_and_ends_what_it_has(TestHome home)
    {
        Task<string> open = home.OutputAsync("exec", "worker", "--", "for n in 1 2; do wget -q -O - http://kubernetes:6443/cgi-bin/slow & done; wait");
        await UntilAsync("both backends have a connection", home, vip => Gateway(vip, 0).GetProperty("backends").EnumerateArray().All(backend => backend.GetProperty("activeConnections").GetInt32() > 0));
        await home.OutputAsync("vip", "drain", "control1");
        Assert.Equal(10, (await FetchAsync(home, 10))["control0"]);
        await home.OutputAsync("vip", "drain", "vip/control1");
        await home.OutputAsync("exec", "control", "--", "touch /tmp/go");
        Assert.Equal(["control0", "control1"], (await open).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal(10, (await FetchAsync(home, 10))["control0"]);

        // Neither the check's failure and success nor keepalived's reload brings it back.
        await home.OutputAsync("exec", "control1", "--", "killall httpd; sleep 3; " + Serve);
        await home.OutputAsync("exec", "gateway0", "--", "qemulab-vip start; sleep 2");
        Assert.Equal(("Drained", 0), Backend(await ShowAsync(home), "control1"));
        Assert.Contains("drained", await home.OutputAsync("vip", "show", "vip"), StringComparison.Ordinal);

        await home.OutputAsync("vip", "restore", "control1");
        await UntilAsync("control1 is back", home, vip => Backend(vip, "control1") == ("Up", 1));
        Assert.Equal(6, (await home.RunAsync("vip", "drain", "worker")).ExitCode);
    }

    private async Task A_killed_gateway_is_followed_by_the_other(TestHome home)
    {
        using JsonDocument info = JsonDocument.Parse(await home.OutputAsync("info", "gateway0", "--json"));
        using var qemu = Process.GetProcessById(info.RootElement[0].GetProperty("processId").GetInt32());
        long began = Stopwatch.GetTimestamp();
        qemu.Kill();
        await home.OutputAsync("exec", "worker", "--", "until timeout 1 wget -q -O - http://kubernetes:6443/name; do :; done");
        output.WriteLine($"the other gateway serves after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");

        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Patience);
        Assert.Equal([await MacAsync(home, "gateway1")], await ArpAnswersAsync(home));
        Assert.Equal("Unreachable", State(await ShowAsync(home), 0));
    }

    /// <summary>The backends have the address on lo all the time; that they keep silent is what makes the rest work.</summary>
    private async Task Without_a_gateway_nobody_answers_and_one_that_starts_again_serves(TestHome home)
    {
        await home.OutputAsync("stop", "--force", "gateway1");
        Assert.Empty(await ArpAnswersAsync(home));
        CommandResult drain = await home.RunAsync("vip", "drain", "control0");
        Assert.Equal(6, drain.ExitCode);
        Assert.Contains("no gateway could be told", drain.Error, StringComparison.Ordinal);

        await home.OutputAsync("start", "gateway0");
        await UntilAsync("the started gateway has the address", home, vip => State(vip, 0) == "Master" && All(vip, "Up"));
        Assert.Equal(2, (await FetchAsync(home, 10)).Count);
    }

    /// <summary>Answers by backend. Every request must have one.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> FetchAsync(TestHome home, int times)
    {
        string names = await home.OutputAsync("exec", "worker", "--", $"for n in $(seq {times}); do timeout 5 wget -q -O - http://kubernetes:6443/name || echo none; done");
        Dictionary<string, int> counted = names.Split('\n', StringSplitOptions.RemoveEmptyEntries).CountBy(name => name).ToDictionary();
        Assert.DoesNotContain("none", counted.Keys);
        Assert.Equal(times, counted.Values.Sum());
        return counted;
    }

    /// <summary>The MAC addresses that answer for the virtual IP.</summary>
    private static async Task<string[]> ArpAnswersAsync(TestHome home)
    {
        // -b: a broadcast each time, so that everybody is asked and not only who answered first.
        string replies = (await home.RunAsync("exec", "worker", "--", "arping -b -c 3 -w 4 -I eth0 10.77.0.100")).Output;
        return [.. replies.Split('\n').Where(line => line.Contains("reply from", StringComparison.Ordinal)).Select(line => line.Split('[', ']')[1].ToLowerInvariant()).Distinct()];
    }

    private static async Task<string> MacAsync(TestHome home, string machine)
    {
        using JsonDocument info = JsonDocument.Parse(await home.OutputAsync("info", machine, "--json"));
        return info.RootElement[0].GetProperty("plan").GetProperty("mac").GetString()!;
    }

    private async Task UntilAsync(string what, TestHome home, Func<JsonElement, bool> holds)
    {
        long began = Stopwatch.GetTimestamp();
        JsonElement vip = await ShowAsync(home);
        while (!holds(vip))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, $"not within {Patience}: {what}\n{vip}");
            await Task.Delay(100, Cancellation);
            vip = await ShowAsync(home);
        }

        output.WriteLine($"{what} after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    private static async Task<JsonElement> ShowAsync(TestHome home)
    {
        using JsonDocument shown = JsonDocument.Parse(await home.OutputAsync("vip", "show", "--json"));
        return shown.RootElement[0].Clone();
    }

    private static JsonElement Gateway(JsonElement vip, int index) => vip.GetProperty("gateways")[index];

    private static string State(JsonElement vip, int gateway) => Gateway(vip, gateway).GetProperty("state").GetString()!;

    /// <summary>As the first gateway sees it.</summary>
    private static (string State, int Weight) Backend(JsonElement vip, string machine)
    {
        JsonElement backend = Gateway(vip, 0).GetProperty("backends").EnumerateArray().Single(candidate => candidate.GetProperty("machine").GetString() == machine);
        return (backend.GetProperty("state").GetString()!, backend.GetProperty("weight").GetInt32());
    }

    private static bool All(JsonElement vip, string state) =>
        vip.GetProperty("gateways").EnumerateArray().SelectMany(gateway => gateway.GetProperty("backends").EnumerateArray()).All(backend => backend.GetProperty("state").GetString() == state);
}
