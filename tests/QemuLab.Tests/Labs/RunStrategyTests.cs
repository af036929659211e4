using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Machines that end, and what their run strategies make of it, over a hypervisor and a clock of the test's own.</summary>
public sealed class RunStrategyTests : IDisposable
{
    private static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);

    private readonly FakeLab lab = new();

    public RunStrategyTests() => lab.Hypervisor.Now = lab.Clock.GetUtcNow;

    public void Dispose() => lab.Dispose();

    private FakeMachine Qemu => lab.Hypervisor.Running["a"];

    private int Starts => lab.Hypervisor.Launches.Count;

    private static LabSource Source(RunStrategy strategy) => FakeLab.Source($"name: l\nimage: micro\nrunStrategy: {strategy}\ngroups: {{ a: {{}} }}\n");

    private async Task<LabSupervisor> UpAsync(RunStrategy strategy)
    {
        lab.Tools.Guest = _ => "";
        LabSupervisor labs = await lab.StartAsync();
        Assert.True((await labs.LaunchAsync(Source(strategy), Launch, null)).Succeeded);
        return labs;
    }

    private static MachineStatus Status(LabSupervisor labs) => labs.Labs[0].Machines[0];

    private static Task UntilAsync(LabSupervisor labs, MachineState state) => FakeLab.UntilAsync(() => Status(labs).State == state);

    /// <summary>How often its run strategy has started it.</summary>
    private static int StartedAgain(LabSupervisor labs) => labs.Events.Since(0).Count(happened => happened.Word == "StartedAgain");

    /// <summary>Until it is decided, and kept, that it is not started again.</summary>
    private Task LeftAsync() => FakeLab.UntilAsync(() => new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines["a"].Wanted == MachineWanted.Stopped);

    /// <summary>
    /// It runs, ends by itself and is started again. One end of a machine is attended to after the other: whatever was still
    /// under way for an earlier one is over then.
    /// </summary>
    private async Task EndAndComeBackAsync(LabSupervisor labs)
    {
        int starts = Starts;
        Qemu.End("Segmentation fault");
        await FakeLab.UntilAsync(() => Starts > starts && Status(labs).Phase == BootPhase.Ready);
    }

    /// <summary>The guest shuts down by itself.</summary>
    private Task ShutDownAsync() => Qemu.PowerDownAsync();

    [Fact]
    public async Task Always_runs_again_after_a_shutdown_and_after_a_crash()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Always);

        await ShutDownAsync();
        await FakeLab.UntilAsync(() => Starts == 2 && Status(labs).Phase == BootPhase.Ready);
        Qemu.End("Segmentation fault");
        await FakeLab.UntilAsync(() => Starts == 3 && Status(labs).Phase == BootPhase.Ready);

        Assert.Equal(
            ["as its run strategy Always asks: the guest shut down", "as its run strategy Always asks: QEMU ended: Segmentation fault"],
            labs.Events.Since(0).Where(happened => happened.Word == "StartedAgain").Select(happened => happened.Message));
    }

    [Fact]
    public async Task RerunOnFailure_runs_again_after_a_crash_only()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.RerunOnFailure);

        Qemu.End("Segmentation fault");
        await FakeLab.UntilAsync(() => Starts == 2 && Status(labs).Phase == BootPhase.Ready);
        await ShutDownAsync();
        await UntilAsync(labs, MachineState.Stopped);
        await LeftAsync();

        Assert.Equal((2, MachineState.Stopped, "the guest shut down"), (Starts, Status(labs).State, Status(labs).Reason));
        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Equal(3, Starts);
    }

    [Fact]
    public async Task Manual_stays_as_it_ended()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Manual);

        Qemu.End("Segmentation fault");
        await UntilAsync(labs, MachineState.Failed);
        await LeftAsync();

        Assert.Equal((1, MachineState.Failed), (Starts, Status(labs).State));
    }

    [Fact]
    public async Task A_stopped_Always_is_halted_until_it_is_started()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Always);

        await labs.StopMachineAsync("l", "a", new StopOptions());
        Assert.Equal((1, MachineState.Stopped), (Starts, Status(labs).State));

        await labs.StartMachineAsync("l", "a", Launch);
        await ShutDownAsync();
        await FakeLab.UntilAsync(() => Starts >= 3 && Status(labs).Phase == BootPhase.Ready);
        Assert.Equal((3, 1), (Starts, StartedAgain(labs)));
    }

    [Fact]
    public async Task A_start_that_fails_is_tried_again_later_and_later()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Always);
        lab.Hypervisor.Refuses["a"] = "the disk is gone";

        await ShutDownAsync();
        await UntilAsync(labs, MachineState.CrashLoopBackOff);
        Assert.Equal(2, Starts);
        Assert.Matches("^the disk is gone; 1 failure, next start in 1[0-5]s$", Status(labs).Reason);
        Assert.Equal(("start-comes", ErrorKind.Conflict), await RefusalAsync(() => labs.StartMachineAsync("l", "a", Launch)));

        lab.Clock.Advance(TimeSpan.FromSeconds(15));
        await FakeLab.UntilAsync(() => Status(labs) is { State: MachineState.CrashLoopBackOff, Reason: { } reason } && reason.Contains("2 failures in a row", StringComparison.Ordinal));
        Assert.Matches("^the disk is gone; 2 failures in a row, next start in [4-6][0-9]s$", Status(labs).Reason);
        Assert.Equal(3, Starts);

        lab.Hypervisor.Refuses.Clear();
        lab.Clock.Advance(TimeSpan.FromSeconds(60));
        await FakeLab.UntilAsync(() => Starts == 4 && Status(labs).Phase == BootPhase.Ready);
    }

    [Fact]
    public async Task A_guest_that_ends_before_it_was_ready_waits_too()
    {
        lab.Guests["a"] = FakeLab.Never;
        lab.Tools.Guest = _ => "";
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(Source(RunStrategy.Always), new LaunchOptions(Wait: false), null);

        Qemu.End("panic");

        await UntilAsync(labs, MachineState.CrashLoopBackOff);
        Assert.Equal(1, Starts);
    }

    [Fact]
    public async Task A_stop_gives_the_next_start_up()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.RerunOnFailure);
        lab.Hypervisor.Refuses["a"] = "the disk is gone";
        Qemu.End("Segmentation fault");
        await UntilAsync(labs, MachineState.CrashLoopBackOff);

        await labs.StopMachineAsync("l", "a", new StopOptions());

        Assert.Equal(MachineState.Stopped, Status(labs).State);
        lab.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((2, MachineState.Stopped), (Starts, Status(labs).State));
        lab.Hypervisor.Refuses.Clear();
        await labs.StartMachineAsync("l", "a", Launch);
        await EndAndComeBackAsync(labs);
        Assert.Equal((4, 2), (Starts, StartedAgain(labs)));
    }

    [Fact]
    public async Task Once_is_launched_once()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Once);
        await ShutDownAsync();
        await UntilAsync(labs, MachineState.Stopped);

        LaunchOutcome again = await labs.LaunchAsync(Source(RunStrategy.Once), Launch, null);

        Assert.Equal((MachineOutcome.NotStarted, true, 1), (again.Machines[0].Outcome, again.Succeeded, Starts));
        Assert.Equal(("runs-once", ErrorKind.Conflict), await RefusalAsync(() => labs.StartMachineAsync("l", "a", Launch)));
    }

    [Fact]
    public async Task Halted_is_not_launched_and_a_launch_halts_it_again()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Halted);
        Assert.Equal((0, MachineState.Stopped), (Starts, Status(labs).State));

        await labs.StartMachineAsync("l", "a", Launch);
        Assert.Equal((1, MachineState.Running), (Starts, Status(labs).State));
        await ShutDownAsync();
        await FakeLab.UntilAsync(() => Starts == 2 && Status(labs).Phase == BootPhase.Ready);

        LaunchOutcome again = await labs.LaunchAsync(Source(RunStrategy.Halted), Launch, null);
        Assert.Equal((MachineOutcome.Stopped, MachineState.Stopped), (again.Machines[0].Outcome, Status(labs).State));
        await labs.StartMachineAsync("l", "a", Launch);
        await EndAndComeBackAsync(labs);
        Assert.Equal((4, 2), (Starts, StartedAgain(labs)));
    }

    [Theory]
    [InlineData(RunStrategy.Always, 2)]
    [InlineData(RunStrategy.RerunOnFailure, 2)]
    [InlineData(RunStrategy.Manual, 1)]
    public async Task What_ended_while_no_daemon_ran_is_told_and_treated_as_its_strategy_says(RunStrategy strategy, int starts)
    {
        await using (await UpAsync(strategy))
        {
        }

        lab.Hypervisor.Running.Clear();
        await using LabSupervisor labs = await lab.StartAsync();

        await (starts == 1 ? LeftAsync() : FakeLab.UntilAsync(() => Starts == starts && Status(labs).Phase == BootPhase.Ready));
        Assert.Equal(starts, Starts);
        Assert.Contains(labs.Events.Since(0), happened => happened is { Word: "Failed", Message: "QEMU ended while no daemon ran: killed, crashed, its start cut off, or the host was restarted" });
    }

    [Fact]
    public async Task What_its_guest_had_shut_down_is_no_failure()
    {
        await using (LabSupervisor first = await UpAsync(RunStrategy.RerunOnFailure))
        {
            await File.WriteAllTextAsync(first.Labs[0].Plan.Machines[0].Directory.SerialLog, "Welcome\n[   71.5] reboot: Power down\n");
        }

        lab.Hypervisor.Running.Clear();
        await using LabSupervisor labs = await lab.StartAsync();
        await LeftAsync();

        Assert.Equal((1, MachineState.Stopped, "the guest shut down while no daemon ran"), (Starts, Status(labs).State, Status(labs).Reason));
    }

    [Fact]
    public async Task Killed_it_has_failed()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.RerunOnFailure);

        await labs.Power.KillAsync("l", "a");

        await FakeLab.UntilAsync(() => Starts == 2 && Status(labs).Phase == BootPhase.Ready);
        Assert.Contains(labs.Events.Since(0), happened => happened is { Word: "Failed", Message: "QEMU was killed, as was asked" });
    }

    [Fact]
    public async Task A_restart_and_a_suspension_are_no_ends()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Always);

        await labs.RestartMachineAsync("l", "a", new StopOptions(), Launch);
        Assert.Equal(2, Starts);
        await labs.Power.SuspendAsync("l", null);
        Assert.Equal((2, MachineState.Suspended), (Starts, Status(labs).State));
        await labs.StartMachineAsync("l", "a", Launch);
        await EndAndComeBackAsync(labs);
        Assert.Equal((4, 1), (Starts, StartedAgain(labs)));
    }

    [Fact]
    public async Task A_machine_that_is_held_runs_when_it_is_let_go()
    {
        await using LabSupervisor labs = await UpAsync(RunStrategy.Manual);
        await labs.StopMachineAsync("l", "a", new StopOptions());

        await labs.StartMachineAsync("l", "a", new LaunchOptions(Paused: true));

        Assert.Equal((MachineState.Paused, BootPhase.Process), (Status(labs).State, Status(labs).Phase));
        Qemu.Waits = true;
        await using LabSupervisor next = await lab.StartAsync();
        Assert.Equal(MachineState.Paused, Status(next).State);
        await next.Power.UnpauseAsync("l", "a");
        await FakeLab.UntilAsync(() => Status(next) is { State: MachineState.Running, Phase: BootPhase.Ready });
    }

    private static async Task<(string Code, ErrorKind Kind)> RefusalAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<QemuLabException>(call);
        return (refused.Code, refused.Kind);
    }
}
