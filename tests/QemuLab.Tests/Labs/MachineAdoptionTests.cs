using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A daemon starts where a record cannot be written, or a machine cannot be looked for: that is told, and all else is taken up.</summary>
public sealed class MachineAdoptionTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        groups: { a: {}, b: {} }
        """;

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private MachineRecord Record(string machine) => new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines[machine];

    private async Task LeaveAsync(Func<MachineRecord, MachineRecord> change)
    {
        await using LabSupervisor first = await lab.StartAsync();
        await first.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null);
        var store = new LabStore(lab.Paths, lab.Clock);
        LabRecord record = store.ReadAll().Records["l"];
        store.Write("l", record.With("a", change(record.Machines["a"])));
    }

    [Theory]
    [InlineData(null, "record-not-written")]
    [InlineData(SuspensionState.Saved, "suspension-stuck")]
    public async Task What_cannot_be_written_is_an_event_and_the_machines_are_taken_up(SuspensionState? suspension, string warning)
    {
        await LeaveAsync(record => record with { Wanted = MachineWanted.Stopped, Suspension = suspension });
        IDisposable? broken = null;
        lab.Hypervisor.OnAdopt = _ =>
        {
            broken ??= lab.Unwritable("l");
            return Task.CompletedTask;
        };

        await using LabSupervisor second = await lab.StartAsync();

        broken!.Dispose();
        Assert.All(second.Labs[0].Machines, machine => Assert.Equal(MachineState.Running, machine.State));
        Assert.Contains(second.Events.Since(0), happened => happened.Kind == LabEventKind.Warning && happened.Word == warning && happened.Machine == "a");
    }

    [Fact]
    public async Task A_restart_that_the_former_daemon_began_goes_on()
    {
        await LeaveAsync(record => record with { IsRestarting = true });
        lab.Hypervisor.Running.Remove("a", out _);

        await using LabSupervisor second = await lab.StartAsync();

        await FakeLab.UntilAsync(() => second.Labs[0].Machines.All(machine => machine.State == MachineState.Running));
        Assert.Contains(second.Events.Since(0), happened => happened is { Word: "StartedAgain", Message: "its restart goes on: it was being restarted when the daemon ended: it is started again" });
        await FakeLab.UntilAsync(() => !Record("a").IsRestarting);
        await second.StopMachineAsync("l", "a", new StopOptions());
        Assert.Equal(MachineWanted.Stopped, Record("a").Wanted);
    }

    [Fact]
    public async Task A_restart_that_never_came_to_its_stop_is_forgotten()
    {
        await LeaveAsync(record => record with { IsRestarting = true });

        await using LabSupervisor second = await lab.StartAsync();

        Assert.Equal((MachineState.Running, false), (second.Labs[0].Machines[0].State, Record("a").IsRestarting));
        Assert.Equal(2, lab.Hypervisor.Launches.Count);
    }

    [Fact]
    public async Task A_restart_that_goes_on_and_fails_is_not_tried_for_ever()
    {
        await LeaveAsync(record => record with { IsRestarting = true });
        lab.Hypervisor.Running.Remove("a", out _);
        lab.Hypervisor.Refuses["a"] = "no";

        await using LabSupervisor second = await lab.StartAsync();

        await FakeLab.UntilAsync(() => Record("a") is { IsRestarting: false, Wanted: MachineWanted.Stopped });
        Assert.Equal(MachineState.Failed, second.Labs[0].Machines[0].State);
    }

    [Fact]
    public async Task One_that_cannot_be_looked_for_is_told_as_that_and_the_others_are_taken_up()
    {
        await LeaveAsync(record => record with { Wanted = MachineWanted.Stopped });
        lab.Hypervisor.OnAdopt = machine => machine == "a" ? Task.FromException(new UnauthorizedAccessException("Access to the path is denied")) : Task.CompletedTask;

        await using LabSupervisor second = await lab.StartAsync();

        Assert.Equal([MachineState.Failed, MachineState.Running], second.Labs[0].Machines.Select(machine => machine.State));
        Assert.Equal("it could not be looked for: Access to the path is denied", second.Labs[0].Machines[0].Reason);
        Assert.Contains(second.Events.Since(0), happened => happened.Word == "not-adopted");
    }
}
