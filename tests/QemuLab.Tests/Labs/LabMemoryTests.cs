using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Memories on disk where something cannot be written or removed: no guest is lost by it, and none goes on with a memory of the past.</summary>
public sealed class LabMemoryTests : TwoMachineTests
{
    [Fact]
    public async Task A_resumed_machine_whose_memory_cannot_be_removed_runs_and_the_next_start_removes_it()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Power.SuspendAsync("l", null);
        lab.Hypervisor.Launched = machine => machine.FailingDeletes = 1;

        MachineLaunch resumed = await labs.StartMachineAsync("l", "a", Launch);

        Assert.Equal((MachineOutcome.Started, null), (resumed.Outcome, resumed.Error));
        Assert.Equal(MachineState.Running, StateOf(labs, "a"));
        Assert.Equal(["memory-left"], Warnings(labs));
        Assert.Equal((null, true), (Record("a").Suspension, Record("a").HasOldMemory));

        lab.Hypervisor.Launched = null;
        await labs.StopMachineAsync("l", "a", new StopOptions());
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Empty(Qemu("a").Snapshots);
        Assert.False(Record("a").HasOldMemory);
    }

    [Fact]
    public async Task A_resumed_machine_whose_record_cannot_be_written_runs_and_is_not_put_back()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Power.SuspendAsync("l", null);
        IDisposable? broken = null;
        lab.Hypervisor.Launched = machine => machine.OnSnapshot = action => broken ??= lab.Unwritable("l");

        MachineLaunch resumed = await labs.StartMachineAsync("l", "a", Launch);

        Assert.Equal((MachineOutcome.Started, null), (resumed.Outcome, resumed.Error));
        Assert.Equal(["Load qemulab-suspended"], Qemu("a").Snapshots.Select(done => done.Split(" while")[0]));
        broken!.Dispose();
        Assert.Equal(SuspensionState.Resuming, Record("a").Suspension);

        lab.Hypervisor.Launched = null;
        await labs.StopMachineAsync("l", "a", new StopOptions());
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Empty(Qemu("a").Snapshots);
        Assert.Equal((null, false), (Record("a").Suspension, Record("a").HasOldMemory));
    }

    [Fact]
    public async Task A_machine_that_cannot_go_on_sleeps_on_and_says_why_and_the_next_try_does_it_however_little_room_there_is()
    {
        await using LabSupervisor labs = await UpAsync(Text.Replace("a: {}", "a: { runStrategy: Always }", StringComparison.Ordinal));
        await labs.Power.SuspendAsync("l", null);
        lab.Hypervisor.Refuses["a"] = "qemu: no";

        MachineLaunch failed = await labs.StartMachineAsync("l", "a", Launch);

        Assert.Equal((MachineOutcome.Failed, "qemu: no"), (failed.Outcome, failed.Error));
        Assert.Equal((MachineState.Suspended, "it could not go on: qemu: no"), (StatusOf(labs, "a").State, StatusOf(labs, "a").Reason));
        Assert.Equal((SuspensionState.Saved, MachineWanted.Stopped), (Record("a").Suspension, Record("a").Wanted));

        lab.Hypervisor.Refuses.Clear();
        lab.Host = lab.Host with { DiskFree = ByteSize.FromMiB(1) };
        Assert.Null((await labs.StartMachineAsync("l", "a", Launch)).Error);
        Assert.Equal((MachineState.Running, null), (StatusOf(labs, "a").State, StatusOf(labs, "a").Reason));
    }

    [Fact]
    public async Task The_next_daemon_removes_what_was_left()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            await first.Power.SuspendAsync("l", null);
            lab.Hypervisor.Launched = machine => machine.FailingDeletes = 1;
            await first.LaunchAsync(FakeLab.Source(Text), Launch, null);
        }

        await using LabSupervisor second = await lab.StartAsync();

        Assert.All(["a", "b"], name => Assert.Equal(["Load", "Delete", "Delete"], Qemu(name).Snapshots.Select(done => done.Split(' ')[0])));
        Assert.All(["a", "b"], name => Assert.False(Record(name).HasOldMemory));
        Assert.All(second.Labs[0].Machines, machine => Assert.Equal(MachineState.Running, machine.State));
    }

    [Fact]
    public async Task A_suspend_that_fails_lets_all_go_on_first_and_leaves_nothing_to_load()
    {
        await using LabSupervisor labs = await UpAsync();
        (Qemu("b").FailingSnapshot, Qemu("a").FailingDeletes, Qemu("b").FailingDeletes) = ("No space left on device", 1, 1);

        var failed = await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.SuspendAsync("l", null));

        Assert.Equal("b: No space left on device", failed.Message);
        await FakeLab.UntilAsync(() => StateOf(labs, "a") == MachineState.Running && StateOf(labs, "b") == MachineState.Running);
        Assert.Equal(["Save qemulab-suspended", "Delete qemulab-suspended while it runs"], Qemu("a").Snapshots);
        Assert.All(["a", "b"], name => Assert.Equal((null, true), (Record(name).Suspension, Record(name).HasOldMemory)));

        await labs.StopMachineAsync("l", "a", new StopOptions());
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Empty(Qemu("a").Snapshots);

        Qemu("b").FailingSnapshot = null;
        await labs.Power.SuspendAsync("l", null);
        await labs.StartMachineAsync("l", "b", Launch);
        Assert.StartsWith("Load", Qemu("b").Snapshots[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memories_that_cannot_be_written_down_are_not_gone_on_with()
    {
        await using LabSupervisor labs = await UpAsync();
        IDisposable? broken = null;
        Qemu("b").OnSnapshot = action => broken ??= lab.Unwritable("l");

        await Assert.ThrowsAnyAsync<SystemException>(() => labs.Power.SuspendAsync("l", null));

        broken!.Dispose();
        await FakeLab.UntilAsync(() => StateOf(labs, "a") == MachineState.Running && StateOf(labs, "b") == MachineState.Running);
        await labs.StopMachineAsync("l", "a", new StopOptions());
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Empty(Qemu("a").Snapshots);
        Assert.Equal((null, false), (Record("a").Suspension, Record("a").HasOldMemory));
    }

    [Fact]
    public async Task A_machine_that_ends_while_it_is_suspended_is_not_taken_for_suspended()
    {
        await using LabSupervisor labs = await UpAsync();
        FakeMachine ending = Qemu("a");
        ending.OnHalt = () =>
        {
            ending.End("killed");
            return FakeLab.UntilAsync(() => StateOf(labs, "a") == MachineState.Failed);
        };

        var failed = await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.SuspendAsync("l", null));

        Assert.Equal("a has ended while it was suspended", failed.Message);
        Assert.Null(Record("a").Suspension);
        await FakeLab.UntilAsync(() => StateOf(labs, "b") == MachineState.Running);
    }
}
