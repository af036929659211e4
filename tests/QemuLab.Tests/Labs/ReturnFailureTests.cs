using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Snapshots that cannot be taken or returned to, half-way: what is told, who goes on, and that the next try does it.</summary>
public sealed class ReturnFailureTests : TwoMachineTests
{
    private static Task<QemuLabException> FailsAsync(Func<Task> work) => Assert.ThrowsAsync<QemuLabException>(work);

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

    [Fact]
    public async Task One_that_cannot_be_loaded_stands_still_and_says_why_and_the_next_return_does_it()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        Qemu("b").FailingSnapshot = "Error -5 while loading VM state";

        QemuLabException failed = await FailsAsync(() => labs.Snapshots.ReturnAsync("l", "first", Force));

        Assert.Equal("b: Error -5 while loading VM state", failed.Message);
        Assert.Equal("put it back again: qemulab rewind l first --force; or boot it anew: qemulab restart --force b", failed.Hint);
        await FakeLab.UntilAsync(() => StatusOf(labs, "a") is { State: MachineState.Running, Phase: BootPhase.Ready } && StatusOf(labs, "b").State == MachineState.Paused);
        Assert.Equal((false, true), (Qemu("a").IsHalted, Qemu("b").IsHalted));
        Assert.Equal((BootPhase.Failed, failed.Hint), (StatusOf(labs, "b").Phase, StatusOf(labs, "b").Hint));
        Assert.StartsWith("it could not be put back to snapshot first, and what it has now may not fit together: b: Error -5", StatusOf(labs, "b").Reason, StringComparison.Ordinal);

        Qemu("b").FailingSnapshot = null;
        ReturnOutcome outcome = await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.All(outcome.Machines, machine => Assert.Null(machine.Error));
        Assert.All(labs.Labs[0].Machines, machine => Assert.Equal((MachineState.Running, BootPhase.Ready, null, null), (machine.State, machine.Phase, machine.Reason, machine.Hint)));
        Assert.False(Qemu("b").IsHalted);
    }

    [Fact]
    public async Task One_that_cannot_be_halted_keeps_none_of_the_others_standing_still()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        Qemu("b").OnHalt = () => throw new QemuLabException(ErrorKind.TimedOut, "qmp-timeout", "QEMU did not answer stop");

        Assert.Equal("qmp-timeout", (await FailsAsync(() => labs.Snapshots.ReturnAsync("l", "first", Force))).Code);

        await FakeLab.UntilAsync(() => StatusOf(labs, "a").State == MachineState.Running);
        Assert.False(Qemu("a").IsHalted);
        Assert.Equal(["Save qemulab.first"], Qemu("a").Snapshots);
        Assert.Equal(SnapshotState.Whole, labs.Snapshots.Of("l")[0].Record.State);
    }

    [Fact]
    public async Task A_start_that_belongs_to_a_failed_return_has_ended_with_it()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        await labs.StopMachineAsync("l", "b", new StopOptions());
        Qemu("a").FailingSnapshot = "Error -5 while loading VM state";
        var held = new TaskCompletionSource();
        lab.Hypervisor.Launched = machine => machine.OnContinue = () => held.Task;

        Task<ReturnOutcome> failing = labs.Snapshots.ReturnAsync("l", "first", Force);
        await FakeLab.UntilAsync(() => lab.Hypervisor.Running.ContainsKey("b") && StatusOf(labs, "a").Phase == BootPhase.Failed);

        Assert.False(failing.IsCompleted);
        held.SetResult();
        Assert.Equal("a: Error -5 while loading VM state", (await FailsAsync(() => failing)).Message);
        Assert.Equal(MachineState.Running, StatusOf(labs, "b").State);
    }

    [Fact]
    public async Task A_start_that_fails_before_its_machines_turn_holds_up_nobody()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        await labs.StopMachineAsync("l", "b", new StopOptions());
        string config = lab.Paths.SshConfig("l");
        File.Delete(config);
        Directory.CreateDirectory(config);

        await Assert.ThrowsAnyAsync<SystemException>(() => labs.Snapshots.ReturnAsync("l", "first", Force)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        await FakeLab.UntilAsync(() => StatusOf(labs, "a").State == MachineState.Running);
        Assert.Equal("Load qemulab.first", Qemu("a").Snapshots[^1]);
    }

    [Fact]
    public async Task What_a_dead_daemon_was_returning_to_is_finished_without_waiting_for_the_guests()
    {
        await LeaveHalfReturnedAsync();
        lab.Guests["a"] = lab.Guests["b"] = FakeLab.Never;

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => second.Events.Since(0).Any(happened => happened.Word == "snapshot-recovered"));

        Assert.Equal("Load qemulab.half", Qemu("a").Snapshots[^1]);
        Assert.Equal(SnapshotState.Whole, second.Snapshots.Of("l")[0].Record.State);
        await second.DownAsync("l", purge: false, new StopOptions(), null);
    }

    [Fact]
    public async Task A_down_ends_the_return_that_a_dead_daemon_had_begun()
    {
        await LeaveHalfReturnedAsync();
        Qemu("b").End("killed");
        var never = new TaskCompletionSource();
        lab.Hypervisor.BeforeLaunch = never.Task.WaitAsync;

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => Qemu("a").Snapshots[^1] == "Load qemulab.half" && StatusOf(second, "b").State == MachineState.Starting);
        await second.DownAsync("l", purge: false, new StopOptions(), null);

        Assert.All(second.Labs[0].Machines, machine => Assert.False(machine.IsUp));
        await FakeLab.UntilAsync(() => second.Events.Since(0).Any(happened => happened.Word == "snapshot-stuck" && happened.Message!.Contains("qemulab rewind l half --force", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_suspended_machine_that_is_put_back_to_where_it_was_stopped_is_stopped()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "b", new StopOptions());
        await labs.Snapshots.CreateAsync("l", "first");
        await labs.StartMachineAsync("l", "b", Launch);
        await labs.Power.SuspendAsync("l", ["b"]);

        await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.Equal((MachineState.Stopped, null), (StateOf(labs, "b"), Record("b").Suspension));
        await labs.StartMachineAsync("l", "b", Launch);
        Assert.Equal(MachineState.Running, StateOf(labs, "b"));
    }

    [Fact]
    public async Task Clocks_are_set_after_a_snapshot_and_after_a_return_that_nobody_waits_for_too()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        Assert.Equal(2, ClocksSet());
        await labs.Snapshots.ReturnAsync("l", "first", Force with { Wait = false });

        await FakeLab.UntilAsync(() => ClocksSet() == 4);
    }

    private int ClocksSet() => lab.Tools.Asked.Count(asked => asked.Arguments.Any(argument => argument.Contains("hwclock", StringComparison.Ordinal)));

    /// <summary>A daemon that dies while it puts the lab back.</summary>
    private async Task LeaveHalfReturnedAsync()
    {
        await using LabSupervisor first = await UpAsync();
        SnapshotStatus taken = await first.Snapshots.CreateAsync("l", "half");
        var store = new LabStore(lab.Paths, lab.Clock);
        store.Write("l", store.ReadAll().Records["l"].WithSnapshot("half", taken.Record with { State = SnapshotState.Reverting }));
    }
}
