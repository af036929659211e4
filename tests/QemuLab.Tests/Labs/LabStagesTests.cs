using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

public sealed class LabStagesTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        groups:
          box:
            ready: stages
            stages:
              - { name: menu, expect: "menu", keys: [down, ctrl-alt-delete], mark: at the menu }
              - { name: hung, expect: "login", timeout: 10s, code: 12, when: [{ expect: "iPXE>", power: reset, goto: menu, times: 1 }, { expect: "No space", fail: 102 }] }
        """;

    private readonly FakeLab lab = new();

    private MachineDirectory Files => lab.Paths.Machine("l", "box");

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task A_machine_that_is_ready_by_its_login_needs_its_stages_too()
    {
        lab.Guests["box"] = FakeLab.Never;
        await using LabSupervisor labs = await lab.StartAsync();
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(Text.Replace("ready: stages", "ready: login", StringComparison.Ordinal)), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        await UpAsync(labs);
        Assert.Equal(new StageProgress(0, 2, "menu", "menu", null), Status(labs).Stages);

        Write("menu\n");
        await UntilAsync(() => Status(labs).Stages is { Current: "hung" });
        Assert.Equal(["down", "ctrl-alt-delete"], lab.Hypervisor.Running["box"].Pressed);
        Assert.NotEqual(BootPhase.Ready, Status(labs).Phase);

        // Its guest never lets anybody in, and is to: what its stages say is not enough.
        Write("login");
        await UntilAsync(() => Status(labs).Stages is { Result: { IsPassed: true } });
        Assert.False(launch.IsCompleted);
        await labs.DownAsync("l", purge: true, new StopOptions(TimeSpan.Zero), null, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
    }

    [Fact]
    public async Task A_stage_that_is_not_reached_is_the_launchs_failure_with_its_own_exit_code()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        await UpAsync(labs);
        Write("menu\ntar: No space left\n");

        await UntilAsync(() => launch.IsCompleted);
        MachineLaunch box = Assert.Single((await launch).Machines);
        Assert.Equal((MachineOutcome.Failed, 102, "stage hung (2 of 2): 'tar: No space' came"), (box.Outcome, box.ExitCode, box.Error));
        Assert.Equal(BootPhase.Failed, Status(labs).Phase);

        QemuLabException failed = await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.WaitAsync("l", "box", MachineWait.Parse("stages"), null, TestContext.Current.CancellationToken));
        Assert.Equal(("stage-failed", 102), (failed.Code, failed.ExitCode));
        Assert.Equal(
            ["Marked: at the menu", "Reached: menu (1 of 2)", "Failed: stage hung (2 of 2): 'tar: No space' came"],
            labs.Events.Since(0).Where(happened => happened.Kind == LabEventKind.Stage).Select(happened => $"{happened.Word}: {happened.Message!.Split(" after ")[0]}"));
    }

    [Fact]
    public async Task The_next_daemon_goes_on_where_the_last_one_was_and_presses_nothing_twice()
    {
        await using (LabSupervisor first = await lab.StartAsync())
        {
            await first.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(Wait: false), null, TestContext.Current.CancellationToken);
            await UpAsync(first);
            Write("menu\n");
            await UntilAsync(() => Status(first).Stages is { Current: "hung" });
        }

        Write("iPXE>");
        await using LabSupervisor second = await lab.StartAsync();
        await UntilAsync(() => Status(second).Stages is { Current: "menu" });
        Assert.Equal(2, lab.Hypervisor.Running["box"].Pressed.Count);

        Write("menu");
        await UntilAsync(() => Status(second).Stages is { Current: "hung" });
        Assert.Equal(4, lab.Hypervisor.Running["box"].Pressed.Count);
        Write("iPXE>");
        await UntilAsync(() => Status(second).Stages is { Result: not null });
        Assert.Equal((12, "stage hung (2 of 2): 'iPXE>' came a second time"), (Status(second).Stages!.Result!.Code, Status(second).Stages!.Result!.Message));
    }

    [Fact]
    public async Task A_guest_that_goes_in_between_has_failed_and_one_that_goes_when_all_is_done_has_not()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        await UpAsync(labs);
        Write("menu\n");
        await UntilAsync(() => Status(labs).Stages is { Current: "hung" });
        Write("login\n");
        lab.Hypervisor.Running["box"].Tell("SHUTDOWN", """{"reason":"guest-shutdown"}""");
        lab.Hypervisor.Running["box"].Kill();
        await UntilAsync(() => launch.IsCompleted);
        Assert.True((await launch).Succeeded);
        Assert.Equal((MachineState.Stopped, true), (Status(labs).State, Status(labs).Stages!.Result!.IsPassed));

        Task<MachineLaunch> again = labs.StartMachineAsync("l", "box", new LaunchOptions(), TestContext.Current.CancellationToken);
        await UpAsync(labs);
        await UntilAsync(() => Status(labs).Stages is { Result: null });
        lab.Hypervisor.Running["box"].Kill();
        await UntilAsync(() => again.IsCompleted);
        Assert.StartsWith("stage menu (1 of 2) was not reached: ", (await again).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_put_to_sleep_goes_on_with_the_stage_that_it_was_at()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(Wait: false), null, TestContext.Current.CancellationToken);
        await UpAsync(labs);
        Write("menu\n");
        await UntilAsync(() => Status(labs).Stages is { Current: "hung" });

        Task sleep = labs.Power.SuspendAsync("l", null, TestContext.Current.CancellationToken);
        await UntilAsync(() => sleep.IsCompleted);
        await sleep;
        await UntilAsync(() => Status(labs) is { State: MachineState.Suspended, Stages: { Current: "hung", Result: null } });
        await Assert.ThrowsAsync<QemuLabException>(() => labs.Power.WaitAsync("l", "box", MachineWait.Parse("stages"), null, TestContext.Current.CancellationToken));

        Task<MachineLaunch> awake = labs.StartMachineAsync("l", "box", new LaunchOptions(), TestContext.Current.CancellationToken);
        await UntilAsync(() => Status(labs) is { State: MachineState.Running, Restored: not null, Stages: { Current: "hung", Result: null } });
        Write("login");
        await UntilAsync(() => awake.IsCompleted);
        Assert.Null((await awake).Error);
    }

    [Fact]
    public async Task A_stage_takes_a_snapshot_though_the_launch_waits_for_it()
    {
        string text = Text.Replace("mark: at the menu", "snapshot: menu", StringComparison.Ordinal);
        await using LabSupervisor labs = await lab.StartAsync();
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        await UpAsync(labs);
        Write("menu\n");
        await UntilAsync(() => Status(labs).Stages is { Current: "hung" });
        Assert.Equal("hung", Assert.Single(labs.Snapshots.Of("l")).Record.Machines["box"].Stage);
        Assert.False(launch.IsCompleted);

        Write("login\n");
        await UntilAsync(() => launch.IsCompleted);
        Assert.True((await launch).Succeeded);

        Task back = labs.Snapshots.ReturnAsync("l", "menu", new ReturnOptions(Force: true, Wait: false), null, TestContext.Current.CancellationToken);
        await UntilAsync(() => back.IsCompleted && Status(labs).Stages is { Current: "hung", Result: null });
        await back;
    }

    private static MachineStatus Status(LabSupervisor labs) => labs.Labs.Single().Machines.Single();

    private static async Task UpAsync(LabSupervisor labs) =>
        await FakeLab.UntilAsync(() => labs.Labs is [{ Machines: [{ State: MachineState.Running, Stages.Total: 2 }] }]);

    private void Write(string text) => File.AppendAllText(Files.SerialLog, text);

    /// <summary>Time goes on meanwhile.</summary>
    private Task UntilAsync(Func<bool> condition) => FakeLab.UntilAsync(() =>
    {
        lab.Clock.Advance(TimeSpan.FromMilliseconds(100));
        return condition();
    });
}
