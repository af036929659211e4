using System.Net;
using System.Net.Sockets;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Labs;

/// <summary>Another program takes the port by which a machine is reached while that does not run.</summary>
public sealed class LostSshPortTests : DuoLabTests
{
    private const string Changed = "ssh-port-changed";

    private static int[] Ports(LabSupervisor supervisor) => [.. Addresses(supervisor).Select(machine => machine.Port)];

    private static TcpListener Take(int port)
    {
        var program = new TcpListener(IPAddress.Loopback, port);
        program.Start();
        return program;
    }

    private static string[] Told(LabSupervisor supervisor) => [.. supervisor.Events.Since(0).Where(happened => happened.Word == Changed).Select(happened => $"{happened.Machine}: {happened.Message}")];

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_machine_gets_another_port_and_keeps_that(bool byLaunch)
    {
        int[] after;
        await using (LabSupervisor supervisor = await home.StartAsync())
        {
            await LaunchAsync(supervisor, Duo);
            int[] before = Ports(supervisor);
            await supervisor.StopMachineAsync("duo", "a", new StopOptions());
            using TcpListener taking = Take(before[0]);
            using TcpListener takingOfOneThatRuns = Take(before[1]);

            await (byLaunch ? (Task)LaunchAsync(supervisor, Duo) : supervisor.StartMachineAsync("duo", "a", Wait));
            await supervisor.StopMachineAsync("duo", "a", new StopOptions());
            await supervisor.StartMachineAsync("duo", "a", Wait);

            after = Ports(supervisor);
            Assert.NotEqual(before[0], after[0]);
            Assert.Equal(before[1], after[1]);
            Assert.Equal([$"a: reached by SSH at 127.0.0.1:{after[0]} from now on: another program has taken {before[0]} while it did not run"], Told(supervisor));
            Assert.Contains($"Port {after[0]}\n", await File.ReadAllTextAsync(home.Paths.SshConfig("duo"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await using LabSupervisor next = await home.StartAsync();
        Assert.Equal(after, Ports(next));
        Assert.Empty(Told(next));
    }

    [Fact(Timeout = Limit)]
    public async Task A_return_to_a_snapshot_starts_the_machine_with_another_port()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        int[] before = Ports(supervisor);
        await supervisor.Snapshots.CreateAsync("duo", "fresh");
        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        using TcpListener taking = Take(before[0]);

        await supervisor.Snapshots.ReturnAsync("duo", "fresh", new ReturnOptions(Force: true));

        int[] after = Ports(supervisor);
        Assert.Equal((before[1], 1), (after[1], Told(supervisor).Length));
        Assert.NotEqual(before[0], after[0]);
        Assert.Equal("a Running Ready, b Running Ready", States(supervisor));
        Assert.Contains($"Port {after[0]}\n", await File.ReadAllTextAsync(home.Paths.SshConfig("duo"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_port_that_the_labs_own_network_still_holds_is_kept()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        int[] before = Ports(supervisor);
        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        using TcpListener uplink = Take(before[0]);
        LabPlan plan = supervisor.Labs.Single().Plan;
        Directory.CreateDirectory(Path.GetDirectoryName(plan.Network.Paths.Record)!);
        new NetworkRecord { Uplink = ProcessIdentity.Of(Environment.ProcessId) }.Save(plan.Network.Paths);

        await supervisor.StartMachineAsync("duo", "a", Wait);

        Assert.Equal(before, Ports(supervisor));
    }
}
