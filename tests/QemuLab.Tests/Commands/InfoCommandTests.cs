using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary><c>qemulab info</c>, which asks the guest agent of a machine that has one.</summary>
public sealed class InfoCommandTests
{
    private const string Lab = """
        name: l
        image: micro
        network: { subnet: 10.77.0.0/24 }
        groups: { a: { address: 10.77.0.11 } }
        """;

    private const string Interfaces = "guest-network-get-interfaces";

    private static async Task<FakeAgent> AgentAsync(FakeDaemon daemon)
    {
        FakeMachine machine = daemon.Lab.Hypervisor.Running["a"];
        var agent = new FakeAgent(machine.Snapshots);
        machine.Agent = agent.Client;
        machine.Tell("VSERPORT_CHANGE", """{"id":"agent-port","open":true}""");
        await daemon.RunAsync("wait", "a");
        return agent;
    }

    [Fact]
    public async Task A_guests_addresses_are_told_beside_the_plan()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        Assert.DoesNotContain("Guest:", (await daemon.RunAsync("info", "a")).Output, StringComparison.Ordinal);
        await using FakeAgent agent = await AgentAsync(daemon);
        agent.Answers[Interfaces] = """{"return": [{"name": "eth\u001b[2J0", "hardware-address": "02:00:00:00:00:01", "ip-addresses": [{"ip-address": "10.77.0.12", "prefix": 24}]}]}""";

        string told = (await daemon.RunAsync("info", "a")).Output;

        Assert.Contains("Guest:       eth0: 10.77.0.12/24\nGuest:       no interface (lan): no address; planned, and not there: 10.77.0.11\n", told, StringComparison.Ordinal);
        Assert.Contains("\"missing\": [\n            \"10.77.0.11\"", (await daemon.RunAsync("info", "a", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_says_nothing_is_told_as_that_and_who_lists_machines_asks_none()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        await using FakeAgent agent = await AgentAsync(daemon);
        agent.Answers[Interfaces] = null;

        CommandResult told = await daemon.RunAsync("info", "a");
        await daemon.RunAsync("list", "--json");

        Assert.Equal(0, told.ExitCode);
        Assert.Contains($"Guest:       the guest agent did not answer {Interfaces} within 5 s\n", told.Output, StringComparison.Ordinal);
        Assert.Equal([Interfaces], daemon.Lab.Hypervisor.Running["a"].Snapshots);
    }
}
