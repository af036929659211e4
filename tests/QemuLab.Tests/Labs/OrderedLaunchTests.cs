using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Machines that depend on others, launched, started and stopped by the real supervisor.</summary>
public sealed class OrderedLaunchTests : IDisposable
{
    private const int Limit = 30_000;

    /// <summary>c after b after a; d alone.</summary>
    private const string Chain = """
        name: chain
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          c: { dependsOn: b }
          b: { dependsOn: a }
          a: { healthCheck: { tcp: 22, interval: 2s, rise: 2, fall: 3 } }
          d: {}
        """;

    private static readonly string OnlyStarted = Chain.Replace("dependsOn: a", "dependsOn: { a: started }", StringComparison.Ordinal);
    private static readonly string Healthy = Chain.Replace("dependsOn: a", "dependsOn: { a: healthy }", StringComparison.Ordinal);

    private readonly FakeLab home = new();

    public void Dispose() => home.Dispose();

    [Fact(Timeout = Limit)]
    public async Task A_machine_starts_once_what_it_depends_on_is_ready_and_others_wait_for_nobody()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        var ready = new TaskCompletionSource();
        home.Guests["a"] = _ => ready.Task;

        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Chain);
        await FakeLab.UntilAsync(() => Has(supervisor, "a Running Process") && Has(supervisor, "d Running Ready"));
        Assert.True(Has(supervisor, "b Stopped None") && Has(supervisor, "c Stopped None"));
        Assert.Equal(["for a to be ready", "for b to be ready"], supervisor.Events.Since(0).Where(happened => happened.Word == "Waiting").Select(happened => happened.Message).Order());

        ready.SetResult();
        Assert.Equal("c Created, b Created, a Created, d Created", Outcomes(await launch));
        await FakeLab.UntilAsync(() => supervisor.Events.Since(0).Any(happened => happened is { Machine: "c", Word: "Ready" }));
        string[] order = [.. supervisor.Events.Since(0).Where(happened => happened.Word is "Provisioning" or "Ready").Select(happened => $"{happened.Machine} {happened.Word}").Where(step => step[0] != 'd')];
        Assert.Equal(["a Provisioning", "a Ready", "b Provisioning", "b Ready", "c Provisioning", "c Ready"], order);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stop_gives_up_the_start_that_waits_and_those_that_wait_for_it()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        var ready = new TaskCompletionSource();
        home.Guests["a"] = _ => ready.Task;
        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Chain);
        await FakeLab.UntilAsync(() => supervisor.Events.Since(0).Count(happened => happened.Word == "Waiting") == 2);

        await supervisor.StopMachineAsync("chain", "b", new StopOptions(), TestContext.Current.CancellationToken);
        ready.SetResult();
        LaunchOutcome outcome = await launch;

        Assert.Equal("c Failed, b Failed, a Created, d Created", Outcomes(outcome));
        Assert.Equal("b was asked to stop while this start of it waited", outcome.Machines[1].Error);
        Assert.Equal("c was not started: it depends on b, which failed: b was asked to stop while this start of it waited", outcome.Machines[0].Error);
        Assert.True(Has(supervisor, "b Stopped None"));
        await supervisor.StartMachineAsync("chain", "b", new LaunchOptions(), TestContext.Current.CancellationToken);
        Assert.True(Has(supervisor, "b Running Ready"));
        QemuLabException nothing = await Assert.ThrowsAsync<QemuLabException>(() => supervisor.StopMachineAsync("chain", "c", new StopOptions(), TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.NotFound, nothing.Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task Where_running_CPUs_are_enough_nobody_waits_for_the_guest()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;

        _ = LaunchAsync(supervisor, OnlyStarted);

        await FakeLab.UntilAsync(() => Has(supervisor, "c Running Ready"));
        Assert.True(Has(supervisor, "a Running Process"));
        await supervisor.DownAsync("chain", purge: true, new StopOptions(TimeSpan.Zero), null, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Limit)]
    public async Task Healthy_is_what_the_check_says_so_many_times_in_a_row()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        int asked = 0;
        home.Health["a"] = () => ++asked is 1 or 3 ? "tcp 22: refused" : null;

        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Healthy);
        for (int turn = 1; turn <= 4; turn++)
        {
            await FakeLab.UntilAsync(() => asked == turn);
            Assert.True(Has(supervisor, "b Stopped None"));
            await AdvanceUntilAsync(() => asked > turn);
        }

        Assert.True((await launch).Succeeded);
        Assert.Equal(5, asked);
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_does_not_become_healthy_fails_those_that_wait_for_it()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Health["a"] = () => "tcp 22: refused";

        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Healthy);
        await AdvanceUntilAsync(() => launch.IsCompleted);

        LaunchOutcome outcome = await launch;
        Assert.Equal("c Failed, b Failed, a Created, d Created", Outcomes(outcome));
        Assert.Equal("b was not started: it depends on a, which did not become healthy: its health check failed 3 times in a row: tcp 22: refused", outcome.Machines[1].Error);
    }

    [Fact(Timeout = Limit)]
    public async Task What_depends_on_a_machine_that_fails_is_not_begun_and_says_why()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Hypervisor.Refuses["a"] = "no such device";

        LaunchOutcome outcome = await LaunchAsync(supervisor, Chain);

        Assert.Equal("c Failed, b Failed, a Failed, d Created", Outcomes(outcome));
        Assert.Equal("b was not started: it depends on a, which failed: no such device", outcome.Machines[1].Error);
        Assert.Equal("c was not started: it depends on b, which was not started either", outcome.Machines[0].Error);
        Assert.Equal("d Running Ready", States(supervisor));
        Assert.DoesNotContain("b", home.Hypervisor.Launches);
        Assert.False(Directory.Exists(home.Paths.Machine("chain", "b").Path));
        Assert.Contains(supervisor.Events.Since(0), happened => happened is { Machine: "b", Word: "Failed" });
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_says_no_is_not_ready_for_others_either()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = _ => throw new QemuLabException(ErrorKind.Failed, "cloud-init-failed", "cloud-init: error", "read the log");

        LaunchOutcome outcome = await LaunchAsync(supervisor, Chain);

        Assert.Equal(("b was not started: it depends on a, which did not become ready: cloud-init: error", "read the log"), (outcome.Machines[1].Error, outcome.Machines[1].Hint));
        Assert.Equal("a Running Failed, d Running Ready", States(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task A_known_machine_that_is_not_started_keeps_its_disk_and_tells_the_reason()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);
        await supervisor.DownAsync("chain", purge: false, new StopOptions(TimeSpan.Zero), null, TestContext.Current.CancellationToken);
        home.Hypervisor.Refuses["a"] = "no";

        await LaunchAsync(supervisor, Chain);

        MachineStatus b = supervisor.Labs.Single().Machines.Single(machine => machine.Name == "b");
        Assert.Equal((MachineState.Failed, "b was not started: it depends on a, which failed: no"), (b.State, b.Reason));
        Assert.True(File.Exists(home.Paths.Machine("chain", "b").RootDisk));
        home.Hypervisor.Refuses.Clear();
        Assert.Equal("c Started, b Started, a Started, d Unchanged", Outcomes(await LaunchAsync(supervisor, Chain)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_launch_that_does_not_wait_waits_for_what_others_need_and_for_nothing_else()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        var ready = new TaskCompletionSource();
        home.Guests["a"] = home.Guests["b"] = _ => ready.Task;
        home.Guests["c"] = home.Guests["d"] = FakeLab.Never;

        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Chain, new LaunchOptions(Wait: false));
        await FakeLab.UntilAsync(() => Has(supervisor, "a Running Process") && Has(supervisor, "d Running Process"));
        Assert.False(launch.IsCompleted);
        ready.SetResult();

        Assert.True((await launch).Succeeded);
        Assert.True(Has(supervisor, "c Running Process"));
    }

    [Fact(Timeout = Limit)]
    public async Task The_time_limit_holds_for_waiting_too()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;
        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Chain, new LaunchOptions(TimeLimit: TimeSpan.FromMinutes(1)));
        await FakeLab.UntilAsync(() => Has(supervisor, "a Running Process") && Has(supervisor, "d Running Ready"));

        home.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.All((await launch).Machines.Take(2), machine => Assert.Equal((MachineOutcome.Failed, ErrorKind.TimedOut), (machine.Outcome, machine.Kind)));
        Assert.Equal("a Running Process, d Running Ready", States(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task A_launch_that_is_cancelled_while_machines_wait_leaves_nothing()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;
        using var interrupt = new CancellationTokenSource();
        Task<LaunchOutcome> launch = supervisor.LaunchAsync(FakeLab.Source(Chain), new LaunchOptions(), null, interrupt.Token);
        await FakeLab.UntilAsync(() => Has(supervisor, "a Running Process") && Has(supervisor, "d Running Ready"));

        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        Assert.Empty(supervisor.Labs);
        Assert.Empty(home.Hypervisor.Running);
    }

    [Fact(Timeout = Limit)]
    public async Task Down_stops_those_first_that_depend_on_others()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);

        await supervisor.DownAsync("chain", purge: false, new StopOptions(), null, TestContext.Current.CancellationToken);

        Assert.Equal(["c Stopping", "c Stopped", "b Stopping", "b Stopped", "a Stopping", "a Stopped"], Stops(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task Several_are_stopped_and_started_in_order_and_only_they()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);

        IReadOnlyList<MachineResult> stopped = await supervisor.Batch.StopAsync("chain", ["a", "c"], new StopOptions(), TestContext.Current.CancellationToken);

        Assert.Equal(["a Stopped", "c Stopped"], stopped.Select(result => $"{result.Machine} {result.Outcome}"));
        Assert.Equal(["c Stopping", "c Stopped", "a Stopping", "a Stopped"], Stops(supervisor));

        await supervisor.Batch.StopAsync("chain", ["b"], new StopOptions(), TestContext.Current.CancellationToken);
        IReadOnlyList<MachineResult> alone = await supervisor.Batch.StartAsync("chain", ["b"], new LaunchOptions(), TestContext.Current.CancellationToken);

        Assert.Null(Assert.Single(alone).Failure);
        Assert.True(Has(supervisor, "a Stopped None") && Has(supervisor, "b Running Ready"));
    }

    [Fact(Timeout = Limit)]
    public async Task Several_are_restarted_stopped_in_reverse_and_started_in_order()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);
        await supervisor.Batch.StopAsync("chain", ["d"], new StopOptions(), TestContext.Current.CancellationToken);
        long before = supervisor.Events.Since(0)[^1].Id;

        IReadOnlyList<MachineResult> results = await supervisor.Batch.RestartAsync("chain", ["d", "a", "b", "c"], new StopOptions(), new LaunchOptions(), TestContext.Current.CancellationToken);

        Assert.Equal(["d Failed machine-not-running", "a Started ", "b Started ", "c Started "], results.Select(result => $"{result.Machine} {result.Outcome} {result.Failure?.Code}"));
        Assert.Equal(
            ["c Stopped", "b Stopped", "a Stopped", "a Provisioning", "a Ready", "b Provisioning", "b Ready", "c Provisioning", "c Ready"],
            supervisor.Events.Since(before).Where(happened => happened.Word is "Stopped" or "Provisioning" or "Ready").Select(happened => $"{happened.Machine} {happened.Word}"));
    }

    [Fact(Timeout = Limit)]
    public async Task Where_one_does_not_start_again_what_depends_on_it_is_not_started()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);
        home.Hypervisor.Refuses["b"] = "no";

        IReadOnlyList<MachineResult> results = await supervisor.Batch.RestartAsync("chain", ["a", "b", "c"], new StopOptions(), new LaunchOptions(), TestContext.Current.CancellationToken);

        Assert.Equal([null, "start-failed", "dependency-failed"], results.Select(result => result.Failure?.Code));

        // That one's run strategy tries it again.
        Assert.True(Has(supervisor, "a Running Ready") && (Has(supervisor, "b Failed None") || Has(supervisor, "b CrashLoopBackOff None")) && Has(supervisor, "c Failed None"));
    }

    [Fact(Timeout = Limit)]
    public async Task Of_several_that_are_started_the_dependants_of_a_failed_one_are_not()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Chain);
        await supervisor.Batch.StopAsync("chain", ["a", "b", "c"], new StopOptions(), TestContext.Current.CancellationToken);
        home.Hypervisor.Refuses["a"] = "no";

        IReadOnlyList<MachineResult> results = await supervisor.Batch.StartAsync("chain", ["c", "b", "a", "d"], new LaunchOptions(), TestContext.Current.CancellationToken);

        Assert.Equal("dependency-failed", results[1].Failure?.Code);
        Assert.Equal("b was not started: it depends on a, which failed: no", results[1].Failure?.Message);
        Assert.True(Has(supervisor, "c Failed None") && Has(supervisor, "d Running Ready"));
    }

    /// <summary>Who waits by the clock is not there at once.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        await FakeLab.UntilAsync(() =>
        {
            home.Clock.Advance(TimeSpan.FromSeconds(2));
            return condition();
        });
    }

    private static Task<LaunchOutcome> LaunchAsync(LabSupervisor supervisor, string text, LaunchOptions? options = null) =>
        supervisor.LaunchAsync(FakeLab.Source(text), options ?? new LaunchOptions(), null, TestContext.Current.CancellationToken);

    private static string[] Stops(LabSupervisor supervisor) =>
        [.. supervisor.Events.Since(0).Where(happened => happened.Word is "Stopping" or "Stopped" && happened.Machine != "d").Select(happened => $"{happened.Machine} {happened.Word}")];

    private static bool Has(LabSupervisor supervisor, string state) => States(supervisor).Split(", ").Contains(state);

    private static string States(LabSupervisor supervisor) =>
        string.Join(", ", supervisor.Labs.SelectMany(lab => lab.Machines).Select(machine => $"{machine.Name} {machine.State} {machine.Phase}"));

    private static string Outcomes(LaunchOutcome outcome) => string.Join(", ", outcome.Machines.Select(machine => $"{machine.Machine} {machine.Outcome}"));
}
