using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Snapshots that cannot be taken or returned to, half-way: what is told, who goes on, and that the next try does it.</summary>
public sealed class ReturnFailureTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        groups: { a: {}, b: {} }
        """;

    private static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);
    private static readonly ReturnOptions Force = new(Force: true);

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private FakeMachine Qemu(string machine) => lab.Hypervisor.Running[machine];

    private static MachineStatus StatusOf(LabSupervisor labs, string machine) => labs.Labs[0].Machines.First(status => status.Name == machine);

    private static Task<QemuLabException> FailsAsync(Func<Task> work) => Assert.ThrowsAsync<QemuLabException>(work);

    private async Task<LabSupervisor> UpAsync()
    {
        lab.Tools.Guest = _ => "";
        LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Text), Launch, null);
        return labs;
    }

    [Fact]
    public async Task A_snapshot_that_is_to_be_replaced_stays_where_a_new_one_is_refused()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "fresh");
        await labs.Power.SuspendAsync("l", ["a"]);

        QemuLabException refused = await FailsAsync(() => labs.Snapshots.CreateAsync("l", "fresh", new SnapshotOptions(Replace: true)));

        Assert.Equal((ErrorKind.Conflict, "machine-busy"), (refused.Kind, refused.Code));
        Assert.Equal(SnapshotState.Whole, Assert.Single(labs.Snapshots.Of("l")).Record.State);
        Assert.Equal(["Save qemulab.fresh"], Qemu("b").Snapshots);
    }
}
