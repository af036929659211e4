using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>The verbs that look at networks: the real binary and the real routes over a lab of fakes.</summary>
public sealed class NetworkCommandTests : IAsyncLifetime
{
    private const string File = """
        name: k8s
        image: micro
        network:
          mode: auto
          subnet: 10.77.0.0/24
          records: { registry: 10.77.0.50, "*.apps": 10.77.0.60 }
          routes: [{ to: 10.200.1.0/24, via: b }]
        networks:
          storage: { mode: isolated, subnet: 10.78.0.0/24 }
        groups:
          a: { networks: [{ name: storage, address: 10.78.0.20 }] }
          b: {}
        """;

    private FakeDaemon daemon = null!;

    public async ValueTask InitializeAsync() => daemon = await FakeDaemon.StartAsync(File);

    public ValueTask DisposeAsync() => daemon.DisposeAsync();

    [Fact]
    public async Task List_has_a_line_a_network()
    {
        CommandResult list = await daemon.RunAsync("network", "list");

        Assert.Equal((0, ""), (list.ExitCode, list.Error));
        Assert.Equal(
        [
            ["NAME", "MODE", "STATE", "SUBNET", "GATEWAY", "BRIDGE", "MACHINES"],
            ["k8s/lan", "bridge", "up", "10.77.0.0/24", "10.77.0.1", "ql-k8s", "a", "b"],
            ["k8s/storage", "isolated", "up", "10.78.0.0/24", "-", "-", "a"],
        ], Words(list.Output));
        using JsonDocument json = JsonDocument.Parse((await daemon.RunAsync("network", "list", "--json")).Output);
        Assert.Equal(["lan", "storage"], json.RootElement.EnumerateArray().Select(network => network.GetProperty("network").GetString()));
    }

    [Fact]
    public async Task Show_tells_all_of_one()
    {
        string shown = (await daemon.RunAsync("network", "show", "k8s")).Output;

        foreach (string line in (string[])[
            "Name:     k8s/lan", "Mode:     bridge (auto: a bridge can be made here)", "State:    up", "Subnet:   10.77.0.0/24", "Gateway:  10.77.0.1", "DNS:      10.77.0.1",
            "Domain:   k8s.lab", "MTU:      1500", "Bridge:   ql-k8s", "Record:   registry.k8s.lab 10.77.0.50", "Record:   *.apps.k8s.lab 10.77.0.60", "Route:    10.200.1.0/24 via 10.77.0.11"])
        {
            Assert.Contains(line + "\n", shown, StringComparison.Ordinal);
        }

        Assert.Contains(Words(shown), words => words is ["a", "Running", "10.77.0.10", "-", _, "qt-k8s_a"]);
        Assert.Contains("Gateway:  none: no way out\n", (await daemon.RunAsync("network", "show", "k8s/storage")).Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await daemon.RunAsync("network", "show", "k8s/storage", "--json")).Output);
        Assert.Equal("10.78.0.20", json.RootElement.GetProperty("members")[0].GetProperty("address").GetString());
        CommandResult unknown = await daemon.RunAsync("network", "show", "k8s/storge");
        Assert.Equal((4, "error: lab k8s has no network 'storge' [QL0057]\nhint: did you mean k8s/storage?\n"), (unknown.ExitCode, unknown.Error));
    }

    [Fact]
    public async Task Check_is_silent_and_0_where_all_is_well()
    {
        daemon.Lab.Tools.Guest = _ => "0 ok\n1 ok\n";

        CommandResult check = await daemon.RunAsync("network", "check");

        Assert.Equal((0, "", "4 checks, all as they should be\n"), (check.ExitCode, check.Output, check.Error));
        Assert.Equal(5, Words((await daemon.RunAsync("network", "check", "k8s", "--all")).Output).Length);
    }

    [Fact]
    public async Task Check_says_what_is_wrong_and_1()
    {
        daemon.Lab.Tools.Guest = command => command.Arguments.Contains("a") ? "0 address\n1 ok\n" : "0 ok\n1 ok\n";

        CommandResult check = await daemon.RunAsync("network", "check");

        Assert.Equal((1, "4 checks, 1 not as they should be\n"), (check.ExitCode, check.Error));
        Assert.Contains("no answer from 10.77.0.11", Assert.Single(check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)), StringComparison.Ordinal);
        CommandResult json = await daemon.RunAsync("network", "check", "--json");
        Assert.Equal(1, json.ExitCode);
        using JsonDocument rows = JsonDocument.Parse(json.Output);
        Assert.Equal(4, rows.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Hosts_prints_the_names_that_this_host_reaches()
    {
        CommandResult hosts = await daemon.RunAsync("hosts");

        Assert.Equal((0, ""), (hosts.ExitCode, hosts.Error));
        Assert.Equal("# qemulab lab k8s: begin\n10.77.0.10 a.k8s.lab a\n10.77.0.11 b.k8s.lab b\n10.77.0.50 registry.k8s.lab\n# qemulab lab k8s: end\n", hosts.Output);
    }

    private static string[][] Words(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
}
