using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Verbs that come while others of the same machine or lab are under way: none is lost, none undoes another behind its back.</summary>
public sealed class RacingVerbsTests : IDisposable
{
    private const int Limit = 30_000;

    /// <summary>b waits for a.</summary>
    private const string Duo = """
        name: l
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          a: {}
          b: { dependsOn: a, runStrategy: Always }
        """;

    private static readonly LaunchOptions Launch = new(Wait: false, TimeLimit: null);

    private readonly FakeLab home = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => home.Dispose();

    private async Task<LabSupervisor> UpAsync()
    {
        home.Tools.Guest = _ => "";
        LabSupervisor labs = await home.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Duo), Launch with { Wait = true }, null);
        return labs;
    }

    private static MachineStatus Status(LabSupervisor labs, string machine) => labs.Labs[0].Machines.Single(one => one.Name == machine);

    private static Task<IReadOnlyList<MachineResult>> StartBothAsync(LabSupervisor labs) => labs.Batch.StartAsync("l", ["a", "b"], Launch);

    /// <summary>Both stopped, a started and not ready, b waiting for it.</summary>
    private async Task<Task<IReadOnlyList<MachineResult>>> WaitingAsync(LabSupervisor labs)
    {
        await labs.StopMachineAsync("l", "b", new StopOptions());
        await labs.StopMachineAsync("l", "a", new StopOptions());
        home.Guests["a"] = cancellation => ready.Task.WaitAsync(cancellation);
        int waiting = Waits(labs);
        Task<IReadOnlyList<MachineResult>> batch = StartBothAsync(labs);
        await FakeLab.UntilAsync(() => Waits(labs) > waiting && Status(labs, "a").State == MachineState.Running);
        return batch;
    }

    private static int Waits(LabSupervisor labs) => labs.Events.Since(0).Count(happened => happened is { Machine: "b", Word: "Waiting" });

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_is_stopped_while_its_start_waits_is_not_started()
    {
        await using LabSupervisor labs = await home.StartAsync();
        home.Guests["a"] = cancellation => ready.Task.WaitAsync(cancellation);
        Task<LaunchOutcome> launch = labs.LaunchAsync(FakeLab.Source(Duo), Launch, null);
        await FakeLab.UntilAsync(() => Waits(labs) > 0 && Status(labs, "a").State == MachineState.Running);

        await labs.StopMachineAsync("l", "b", new StopOptions());
        ready.SetResult();

        MachineLaunch told = (await launch).Machines.Single(machine => machine.Machine == "b");
        Assert.Equal((MachineOutcome.Failed, ErrorKind.Conflict), (told.Outcome, told.Kind));
        Assert.Contains("b was asked to stop while this start of it waited", told.Error, StringComparison.Ordinal);
        Assert.Equal(["a"], home.Hypervisor.Launches);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stop_of_a_machine_whose_start_waits_gives_that_start_up_and_no_other()
    {
        await using LabSupervisor labs = await UpAsync();
        Task<IReadOnlyList<MachineResult>> batch = await WaitingAsync(labs);
        int launches = home.Hypervisor.Launches.Count;

        await labs.StopMachineAsync("l", "b", new StopOptions());
        ready.SetResult();

        Assert.Equal([("Started", null), ("Failed", "start-outdated")], (await batch).Select(result => (result.Outcome, result.Failure?.Code)));
        Assert.Equal(launches, home.Hypervisor.Launches.Count);
        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.StopMachineAsync("l", "b", new StopOptions()));
        Assert.Equal("machine-not-running", refused.Code);
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_somebody_else_has_started_is_not_called_failed_because_another_one_is()
    {
        await using LabSupervisor labs = await UpAsync();
        Task<IReadOnlyList<MachineResult>> batch = await WaitingAsync(labs);

        await labs.StartMachineAsync("l", "b", Launch);
        await labs.StopMachineAsync("l", "a", new StopOptions(TimeSpan.Zero));

        Assert.Equal("dependency-failed", (await batch)[1].Failure?.Code);
        Assert.Equal(MachineState.Running, Status(labs, "b").State);
        Assert.True(home.Hypervisor.Running.ContainsKey("b"));
    }

    [Fact(Timeout = Limit)]
    public async Task One_of_several_that_has_gone_holds_up_nobody()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "b", new StopOptions());
        await labs.Trash.DeleteAsync("l", "a", force: true);

        IReadOnlyList<MachineResult> results = await StartBothAsync(labs);

        Assert.Equal(("machine-not-found", "dependency-failed"), (results[0].Failure?.Code, results[1].Failure?.Code));
    }

    [Fact(Timeout = Limit)]
    public async Task A_start_that_waits_for_a_purge_finds_nothing_to_start()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "b", new StopOptions());
        home.Hypervisor.IgnoresButton.Add("a");
        Task down = labs.DownAsync("l", purge: true, new StopOptions(TimeSpan.FromSeconds(5)), null);
        await FakeLab.UntilAsync(() => Status(labs, "a").State == MachineState.Stopping);

        Task<MachineLaunch> start = labs.StartMachineAsync("l", "b", Launch);
        Assert.False(start.IsCompleted);
        await labs.StopMachineAsync("l", "a", new StopOptions(TimeSpan.Zero));
        await down;

        Assert.Equal("machine-not-found", (await Assert.ThrowsAsync<QemuLabException>(() => start)).Code);
        Assert.Empty(labs.Labs);
        Assert.False(Directory.Exists(home.Paths.Lab("l")));
        Assert.Empty(home.Hypervisor.Running);
    }

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_keeps_its_place_and_what_is_wanted(bool asOneOfSeveral)
    {
        await using LabSupervisor labs = await UpAsync();
        home.Hypervisor.IgnoresButton.Add("a");
        var patient = new StopOptions(TimeSpan.FromMinutes(1));
        Task<string> restart = asOneOfSeveral
            ? Task.Run(async () => (await labs.Batch.RestartAsync("l", ["a"], patient, Launch))[0].Outcome)
            : Task.Run(async () => (await labs.RestartMachineAsync("l", "a", patient, Launch)).Outcome.ToString());
        await FakeLab.UntilAsync(() => Status(labs, "a").State == MachineState.Stopping);
        Assert.Contains("\"wanted\": \"Running\"", await File.ReadAllTextAsync(home.Paths.LabRecord("l")), StringComparison.Ordinal);

        Task<TrashStatus> delete = labs.Trash.DeleteAsync("l", "a", force: true);
        home.Hypervisor.Running["a"].Kill();

        Assert.Equal(nameof(MachineOutcome.Started), await restart);
        Assert.Equal("a", (await delete).Machine);
        Assert.Equal(["b"], labs.Labs[0].Machines.Select(machine => machine.Name));
    }

    [Fact(Timeout = Limit)]
    public async Task A_restart_that_is_given_up_leaves_what_a_stop_leaves()
    {
        await using LabSupervisor labs = await UpAsync();
        home.Hypervisor.IgnoresButton.Add("a");
        using var gone = new CancellationTokenSource();
        Task<MachineLaunch> restart = labs.RestartMachineAsync("l", "a", new StopOptions(TimeSpan.FromMinutes(1)), Launch, gone.Token);
        await FakeLab.UntilAsync(() => Status(labs, "a").State == MachineState.Stopping);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restart);
        home.Hypervisor.Running["a"].Kill();
        await FakeLab.UntilAsync(() => Status(labs, "a").State == MachineState.Stopped);

        string record = await File.ReadAllTextAsync(home.Paths.LabRecord("l"));
        Assert.Contains("\"wanted\": \"Stopped\"", record, StringComparison.Ordinal);
        Assert.DoesNotContain("\"isRestarting\": true", record, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Memory_is_not_given_to_several_that_start_together()
    {
        await using LabSupervisor labs = await home.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ndefaults: { cpus: 1, memory: 2GiB }\ngroups: { a: {}, b: {}, c: {} }\n"), Launch, null);
        string[] names = ["a", "b", "c"];
        await labs.Batch.StopAsync("l", names, new StopOptions(TimeSpan.Zero));
        home.Host = home.Host with { MemoryAvailable = ByteSize.FromGiB(5) };

        IReadOnlyList<MachineResult> results = await labs.Batch.StartAsync("l", names, Launch);

        Assert.Equal(["memory-too-large"], results.Select(result => result.Failure?.Code).OfType<string>());
    }
}
