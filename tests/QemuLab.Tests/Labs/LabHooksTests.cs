using System.Collections.Concurrent;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>When hooks run, over daemons that come and go.</summary>
public sealed class LabHooksTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        hooks:
          - { on: [started, ready, stopped, failed, suspended, resumed], run: [tell] }
          - { on: ready, run: [tell-b], machines: b }
          - { on: [lab-ready, lab-stopped], run: [tell-lab] }
        groups: { a: {}, b: {} }
        """;

    private static readonly StopOptions Now = new() { GracePeriod = TimeSpan.Zero };

    private readonly FakeLab lab = new();
    private readonly ConcurrentQueue<string> told = new();

    public LabHooksTests() => lab.Tools.Hook = (command, _) =>
    {
        told.Enqueue($"{command.Program} {command.Environment["QEMULAB_EVENT"]} {command.Environment["QEMULAB_MACHINE"]}".TrimEnd());
        return Task.FromResult(new CommandResult(0, "", "", TimedOut: false));
    };

    public void Dispose() => lab.Dispose();

    private async Task<LabSupervisor> LaunchAsync(string text = Text)
    {
        LabSupervisor labs = await lab.StartAsync();
        Assert.True((await labs.LaunchAsync(FakeLab.Source(text), new LaunchOptions(), null)).Succeeded);
        return labs;
    }

    /// <summary>What has been told since the last question, in no order but that of each machine.</summary>
    private async Task ToldAsync(params string[] expected)
    {
        await FakeLab.UntilAsync(() => told.Count >= expected.Length);
        Assert.Equal(expected.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        told.Clear();
    }

    [Fact]
    public async Task Each_hook_is_told_what_it_asks_for()
    {
        await using LabSupervisor labs = await LaunchAsync();
        await ToldAsync("tell started a", "tell ready a", "tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");

        await labs.StopMachineAsync("l", "a", new StopOptions(), TestContext.Current.CancellationToken);
        await ToldAsync("tell stopped a");

        lab.Hypervisor.Running["b"].End("killed");
        await ToldAsync("tell failed b", "tell-lab lab-stopped");

        await FakeLab.UntilAsync(() => labs.Hooks.Runs("l").Count == 9);
        Assert.All(labs.Hooks.Runs("l"), run => Assert.Equal((HookOutcome.Done, 0), (run.Outcome, run.Code)));
        Assert.Equal([1, 2, 3], labs.Hooks.Of("l").Select(hook => hook.Number));
        Assert.All(labs.Hooks.Of("l"), hook => Assert.NotNull(hook.Last));
    }

    [Fact]
    public async Task The_next_daemon_tells_what_has_happened_meanwhile_and_nothing_twice()
    {
        LabSupervisor first = await LaunchAsync();
        await ToldAsync("tell started a", "tell ready a", "tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");
        await FakeLab.UntilAsync(() => first.Hooks.Runs("l").Count == 6);
        await first.DisposeAsync();
        lab.Hypervisor.Running.Remove("b", out _);

        await using LabSupervisor second = await lab.StartAsync();
        await ToldAsync("tell failed b");
        await second.StartMachineAsync("l", "b", new LaunchOptions(), TestContext.Current.CancellationToken);
        await ToldAsync("tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");
        await second.StopMachineAsync("l", "a", Now, TestContext.Current.CancellationToken);
        await ToldAsync("tell stopped a");
    }

    [Fact]
    public async Task Hooks_that_a_running_lab_is_given_are_told_what_comes_and_not_what_was()
    {
        await using LabSupervisor labs = await LaunchAsync(Text.Replace("hooks:", "description: x\nparameters: {}\n#", StringComparison.Ordinal).Replace("  - {", "#", StringComparison.Ordinal));
        Assert.Empty(told);

        await labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        Assert.Empty(told);
        await labs.StopMachineAsync("l", "a", Now, TestContext.Current.CancellationToken);

        await ToldAsync("tell stopped a");
    }

    [Fact]
    public async Task One_that_hangs_holds_up_no_other_machines_hooks_and_no_machine()
    {
        var hangs = new TaskCompletionSource();
        var plain = lab.Tools.Hook!;
        lab.Tools.Hook = async (command, cancellation) =>
        {
            if (command.Environment["QEMULAB_MACHINE"] == "a")
            {
                await hangs.Task.WaitAsync(cancellation);
            }

            return await plain(command, cancellation);
        };

        await using LabSupervisor labs = await LaunchAsync();
        await ToldAsync("tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");
        await labs.StopMachineAsync("l", "a", Now, TestContext.Current.CancellationToken);
        Assert.Empty(told);
        hangs.SetResult();

        await FakeLab.UntilAsync(() => told.Count == 3);
        Assert.Equal(["tell started a", "tell ready a", "tell stopped a"], told);
    }

    [Fact]
    public async Task One_that_fails_is_a_warning_and_changes_nothing_of_the_launch()
    {
        lab.Tools.Hook = (_, _) => Task.FromResult(new CommandResult(3, "", "no such luck\n", TimedOut: false));
        await using LabSupervisor labs = await LaunchAsync();

        await FakeLab.UntilAsync(() => labs.Events.Since(0).Any(happened => happened.Word == "hook-failed" && happened.Machine == "b"));

        LabEvent warning = labs.Events.Since(0).First(happened => happened.Word == "hook-failed" && happened.Machine == "b");
        Assert.Equal((LabEventKind.Warning, "hook 1 (tell) for started: it ended with code 3: no such luck"), (warning.Kind, warning.Message));
        Assert.All(labs.Labs[0].Machines, machine => Assert.Equal(BootPhase.Ready, machine.Phase));
    }

    [Fact]
    public async Task A_lab_that_is_purged_takes_its_hooks_files_along()
    {
        await using LabSupervisor labs = await LaunchAsync();
        await ToldAsync("tell started a", "tell ready a", "tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");
        await FakeLab.UntilAsync(() => File.Exists(lab.Paths.HookLog("l")));

        await labs.DownAsync("l", purge: true, Now, null, TestContext.Current.CancellationToken);
        await ToldAsync("tell stopped a", "tell stopped b", "tell-lab lab-stopped");

        Assert.False(Directory.Exists(lab.Paths.Lab("l")));
        await labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
        await ToldAsync("tell started a", "tell ready a", "tell started b", "tell ready b", "tell-b ready b", "tell-lab lab-ready");
    }

    [Fact]
    public async Task What_is_kept_of_runs_has_a_limit_and_a_broken_line_is_passed_over()
    {
        await using LabSupervisor labs = await LaunchAsync("name: l\nimage: micro\ngroups: { a: {} }\n");
        var files = new HookFiles(lab.Paths, "l");
        var run = new HookRun(DateTimeOffset.UnixEpoch, 1, "ready", "a", "tell", HookOutcome.Done, 0, 0.5, 1, null, new string('x', 4000));
        for (int i = 0; i < 600; i++)
        {
            files.Append(run with { Hook = i });
        }

        await File.AppendAllTextAsync(lab.Paths.HookLog("l"), "{ broken\n", TestContext.Current.CancellationToken);
        files.Append(run with { Hook = 1000 });

        IReadOnlyList<HookRun> kept = files.ReadRuns();
        Assert.Equal(1000, kept[^1].Hook);
        Assert.InRange(kept.Count, 250, 520);
        Assert.InRange(new FileInfo(lab.Paths.HookLog("l")).Length, 1, HookFiles.Limit + 8192);
    }
}
