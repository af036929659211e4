using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A lab of two machines is paused, suspended and resumed, over a hypervisor that keeps its books.</summary>
public sealed class LabPowerTests : TwoMachineTests
{
    [Fact]
    public async Task A_paused_machine_stands_still_until_it_goes_on()
    {
        await using LabSupervisor labs = await UpAsync();

        Assert.True(await labs.Power.PauseAsync("l", "a"));
        Assert.False(await labs.Power.PauseAsync("l", "a"));
        Assert.Equal((MachineState.Paused, MachineState.Running), (StateOf(labs, "a"), StateOf(labs, "b")));
        Assert.True(await labs.Power.UnpauseAsync("l", "a"));
        Assert.False(await labs.Power.UnpauseAsync("l", "a"));
        Assert.Equal(MachineState.Running, StateOf(labs, "a"));
    }

    [Fact]
    public async Task A_QEMU_that_tells_of_nothing_is_told_as_that()
    {
        await using LabSupervisor labs = await UpAsync();
        Qemu("a").TellsOfNothing = true;

        Task<bool> pause = labs.Power.PauseAsync("l", "a");
        await FakeLab.UntilAsync(() =>
        {
            lab.Clock.Advance(TimeSpan.FromSeconds(1));
            return pause.IsCompleted;
        });

        var late = await Assert.ThrowsAsync<QemuLabException>(() => pause);
        Assert.Equal((ErrorKind.TimedOut, "qemu-late", "a was to be paused, and its QEMU has told of nothing for 10 s"), (late.Kind, late.Code, late.Message));
    }

    [Fact]
    public async Task A_reset_waits_for_the_pause_before_it_and_is_refused_then()
    {
        await using LabSupervisor labs = await UpAsync();
        var halted = new TaskCompletionSource();
        Qemu("a").OnHalt = () => halted.Task;

        Task<bool> pause = labs.Power.PauseAsync("l", "a");
        Task reset = labs.Power.ResetAsync("l", "a");
        Assert.False(reset.IsCompleted);
        halted.SetResult();

        Assert.True(await pause);
        Assert.Equal("a is Paused, and cannot be reset", (await Assert.ThrowsAsync<QemuLabException>(() => reset)).Message);
    }

    [Fact]
    public async Task A_machine_that_ends_while_it_is_asked_for_something_is_told_as_that()
    {
        await using LabSupervisor labs = await UpAsync();
        Qemu("a").EndsWhenHalted = true;

        var ended = await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.PauseAsync("l", "a"));

        Assert.Equal(("machine-ended", ErrorKind.Conflict, "start it: qemulab start a"), (ended.Code, ended.Kind, ended.Hint));
        Assert.StartsWith("a ended while it was to be paused: ", ended.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause", "a is Stopped, and cannot be paused", "start it: qemulab start a")]
    [InlineData("unpause", "a is Stopped, and cannot go on", "start it: qemulab start a")]
    [InlineData("reset", "a is Stopped, and cannot be reset", "start it: qemulab start a")]
    [InlineData("suspend", "a is Stopped, and cannot be suspended", "start it: qemulab start a")]
    public async Task The_wrong_state_is_told_with_what_is_allowed(string verb, string message, string hint)
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "a", new StopOptions());

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => verb switch
        {
            "pause" => labs.Power.PauseAsync("l", "a"),
            "unpause" => labs.Power.UnpauseAsync("l", "a"),
            "reset" => labs.Power.ResetAsync("l", "a"),
            _ => labs.Power.SuspendAsync("l", ["a", "b"]),
        });

        Assert.Equal((ErrorKind.Conflict, message, hint), (refused.Kind, refused.Message, refused.Hint));
        Assert.Equal(MachineState.Running, StateOf(labs, "b"));
    }

    [Fact]
    public async Task Suspended_machines_are_started_with_their_memory_once()
    {
        await using LabSupervisor labs = await UpAsync();

        Assert.Equal(["a", "b"], await labs.Power.SuspendAsync("l", null));
        Assert.Equal((MachineState.Suspended, MachineState.Suspended), (StateOf(labs, "a"), StateOf(labs, "b")));
        Assert.Empty(lab.Hypervisor.Running);
        Assert.Empty(await labs.Power.SuspendAsync("l", null));

        await labs.LaunchAsync(FakeLab.Source(Text), Launch, null);
        Assert.All(["a", "b"], name => Assert.Equal(["Load", "Delete"], Qemu(name).Snapshots.Select(done => done.Split(' ')[0])));
        await labs.StopMachineAsync("l", "a", new StopOptions());
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Empty(Qemu("a").Snapshots);
    }

    [Fact]
    public async Task A_machine_that_takes_long_to_come_up_does_not_hold_up_the_next_one()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Power.SuspendAsync("l", null);
        lab.Guests["a"] = FakeLab.Never;

        Task<MachineLaunch> slow = labs.StartMachineAsync("l", "a", Launch);
        MachineLaunch next = await labs.StartMachineAsync("l", "b", Launch);

        Assert.Equal((MachineOutcome.Started, null), (next.Outcome, next.Error));
        Assert.False(slow.IsCompleted);
        await labs.DownAsync("l", purge: false, new StopOptions(), null);
        Assert.Equal("a was stopped while it came up", (await slow).Error);
    }

    [Fact]
    public async Task A_launch_that_is_cancelled_does_not_end_what_it_has_resumed()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Power.SuspendAsync("l", null);
        lab.Guests["a"] = lab.Guests["b"] = FakeLab.Never;
        using var cancel = new CancellationTokenSource();
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(Text), Launch, null, cancel.Token);
        var store = new LabStore(lab.Paths, lab.Clock);
        await FakeLab.UntilAsync(() => store.ReadAll().Records["l"].Machines.Values.All(machine => machine.Suspension is null));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        Assert.Equal((MachineState.Running, MachineState.Running), (StateOf(labs, "a"), StateOf(labs, "b")));
        Assert.All(store.ReadAll().Records["l"].Machines.Values, machine => Assert.Null(machine.Suspension));
    }

    [Fact]
    public async Task Where_one_cannot_be_saved_all_go_on()
    {
        await using LabSupervisor labs = await UpAsync();
        Qemu("b").FailingSnapshot = "No space left on device";

        await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.SuspendAsync("l", null));

        await FakeLab.UntilAsync(() => StateOf(labs, "a") == MachineState.Running && StateOf(labs, "b") == MachineState.Running);
        Assert.False(Qemu("a").IsHalted || Qemu("b").IsHalted);
        Assert.Null(new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines["a"].Suspension);
    }

    [Fact]
    public async Task The_next_daemon_knows_the_suspended_and_a_changed_machine_is_not_given_its_memory()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            await first.Power.SuspendAsync("l", null);
        }

        await using LabSupervisor second = await lab.StartAsync();
        Assert.Equal((MachineState.Suspended, MachineState.Suspended), (StateOf(second, "a"), StateOf(second, "b")));

        string changed = Text.Replace("a: {}", "a: { memory: 512MiB }", StringComparison.Ordinal);
        LaunchOutcome outcome = await second.LaunchAsync(FakeLab.Source(changed), Launch, null);
        Assert.StartsWith("a is suspended, and is now another machine than then", outcome.Machines[0].Error, StringComparison.Ordinal);
        Assert.Contains("qemulab start a --cold", outcome.Machines[0].Hint, StringComparison.Ordinal);

        await second.StartMachineAsync("l", "a", Launch with { Cold = true });
        Assert.Empty(Qemu("a").Snapshots);
        Assert.Equal(MachineState.Running, StateOf(second, "a"));
    }
}
