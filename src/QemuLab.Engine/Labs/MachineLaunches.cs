using System.Diagnostics;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Brings single machines to their plans: made, started, awaited, or left as their run strategies ask.</summary>
internal sealed class MachineLaunches(EngineParts parts, LabRecords records, MachineLauncher launcher, LabChanges changes)
{
    private readonly Lazy<BootBudget> budget = new(() => parts.ParallelBoots is { } vcpus ? new BootBudget(vcpus) : BootBudget.For(parts.Host.Facts));

    /// <summary>Whether a launch starts the machine, if it does not run.</summary>
    public static bool StartsByLaunch(LabRecord record, MachinePlan plan) =>
        RunStrategyRules.LaunchStarts(plan.Spec.RunStrategy, record.Machines.GetValueOrDefault(plan.Name)?.HasRun ?? false);

    /// <summary>Brings a machine to its plan; a failure is told in the result.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="plan">What it is to be.</param>
    /// <param name="network">Completes when the networks are up.</param>
    /// <param name="options">How.</param>
    /// <param name="limit">The hard cap.</param>
    /// <param name="undo">Gets what takes it back.</param>
    /// <param name="cancellation">Takes it back.</param>
    /// <param name="turns">Whom it waits for, and who waits for it; null: nobody.</param>
    /// <param name="stops">How often the machine had been asked to stop when this was asked for; null: when it is called.</param>
    public async Task<MachineLaunch> LaunchAsync(LabEntry entry, MachinePlan plan, Task network, LaunchOptions options, TimeLimit limit, UndoStack undo, CancellationToken cancellation, LaunchTurns? turns = null, int? stops = null)
    {
        long began = Stopwatch.GetTimestamp();
        VirtualMachine machine = entry.AddOrGet(plan, launcher.Make);
        int asked = stops ?? machine.Stops;
        MachineOutcome outcome = Outcome(entry, machine, plan);
        MachineLaunch Result(MachineOutcome outcome, QemuLabException? failure = null) =>
            new(plan.Name, outcome, Stopwatch.GetElapsedTime(began).TotalSeconds, failure?.Message, failure?.Hint, failure?.Kind) { ExitCode = failure?.ExitCode };

        try
        {
            if (outcome == MachineOutcome.Created)
            {
                undo.Push(() => launcher.ForgetAsync(entry, machine));
            }

            if (outcome is MachineOutcome.Created or MachineOutcome.Started && turns is not null)
            {
                await turns.AwaitAsync(plan, limit, cancellation);
            }

            if (options.Cold && machine.Status.State == MachineState.Suspended)
            {
                await launcher.Memory.DiscardAsync(entry, machine);
            }

            if (outcome is MachineOutcome.Created or MachineOutcome.Started)
            {
                await StartWithinBudgetAsync(entry, machine, plan, network, options, asked, undo, cancellation);
            }

            if (outcome is MachineOutcome.Unchanged or MachineOutcome.RestartRequired)
            {
                await network;
                await launcher.Ports.EnsurePluggedAsync(machine.Plan, cancellation);
                await changes.ApplyLiveAsync(entry, machine, plan, cancellation);
                if (outcome == MachineOutcome.Unchanged)
                {
                    machine.Plan = plan;
                }
            }

            turns?.Tell(plan.Name, null);
            if (options.Wait)
            {
                await AwaitSettledAsync(machine, limit, cancellation);
            }

            return Result(outcome) with { Differences = outcome == MachineOutcome.RestartRequired ? LabChanges.Differences(entry, machine, plan) : [] };
        }
        catch (QemuLabException failure)
        {
            if (LaunchTurns.IsNotStarted(failure))
            {
                await launcher.NotStartedAsync(entry, machine, failure);
            }

            turns?.Tell(plan.Name, failure);
            return Result(MachineOutcome.Failed, failure);
        }
        catch (Exception unforeseen)
        {
            turns?.Tell(plan.Name, new QemuLabException(ErrorKind.Failed, "launch-broken", $"{plan.Name}: {unforeseen.Message}", cause: unforeseen));
            throw;
        }
    }

    /// <summary>Waits until a machine that was started is ready; one that does not become so is told as the launch's failure, and goes on booting.</summary>
    public async Task<MachineLaunch> AwaitReadyAsync(MachineLaunch launch, VirtualMachine machine, LaunchOptions options, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        using var limit = new TimeLimit(options.TimeLimit, parts.Clock);
        try
        {
            if (launch.Outcome != MachineOutcome.Failed)
            {
                await AwaitSettledAsync(machine, limit, cancellation);
            }

            return launch with { Seconds = launch.Seconds + Stopwatch.GetElapsedTime(began).TotalSeconds };
        }
        catch (QemuLabException failure)
        {
            return launch with { Outcome = MachineOutcome.Failed, Error = failure.Message, Hint = failure.Hint, Kind = failure.Kind, ExitCode = failure.ExitCode };
        }
    }

    /// <summary>A machine whose run strategy does not let a launch start it: it is known, and what it must not do it stops doing.</summary>
    public async Task<MachineLaunch> LeaveAsync(LabEntry entry, MachinePlan plan, Task network, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        VirtualMachine machine = entry.AddOrGet(plan, launcher.Make);
        if (!entry.Record.Machines.ContainsKey(plan.Name))
        {
            await records.UpdateAsync(entry, known => known.With(plan.Name, new MachineRecord(MachineWanted.Stopped, "")));
        }

        if (machine.Status.IsUp && plan.Spec.RunStrategy == RunStrategy.Halted)
        {
            await launcher.Stopper.StopAsync(entry, machine, new StopOptions(), cancellation);
            return new MachineLaunch(plan.Name, MachineOutcome.Stopped, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        if (machine.Status.IsUp)
        {
            await network;
            await launcher.Ports.EnsurePluggedAsync(machine.Plan, cancellation);
        }

        return new MachineLaunch(plan.Name, machine.Status.IsUp ? MachineOutcome.Unchanged : MachineOutcome.NotStarted, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>A boot holds its cores until the guest is ready or has failed, whether anybody waits for it or not. One that goes on with its memory does not boot.</summary>
    private async Task StartWithinBudgetAsync(LabEntry entry, VirtualMachine machine, MachinePlan plan, Task network, LaunchOptions options, int stops, UndoStack undo, CancellationToken cancellation)
    {
        if (entry.Record.Machines.GetValueOrDefault(plan.Name)?.Suspension is not null)
        {
            await launcher.StartAsync(entry, machine, plan, network, undo, cancellation, isHeld: options.Paused, stops: stops);
            return;
        }

        IDisposable share = await budget.Value.EnterAsync(plan.Spec.Cpus, cancellation);
        try
        {
            await launcher.StartAsync(entry, machine, plan, network, undo, cancellation, isHeld: options.Paused, stops: stops);
        }
        catch
        {
            share.Dispose();
            throw;
        }

        _ = machine.WhenAsync(IsSettled, CancellationToken.None).ContinueWith(_ => share.Dispose(), TaskScheduler.Default);
    }

    private static MachineOutcome Outcome(LabEntry entry, VirtualMachine machine, MachinePlan plan)
    {
        MachineRecord? before = entry.Record.Machines.GetValueOrDefault(plan.Name);
        return (machine.Status.IsUp, before) switch
        {
            (false, null) => MachineOutcome.Created,
            (false, _) => MachineOutcome.Started,
            _ => before?.Fingerprint == MachineFingerprint.Of(plan, entry.Plan.Host) ? MachineOutcome.Unchanged : MachineOutcome.RestartRequired,
        };
    }

    /// <exception cref="QemuLabException">It is not ready, and will not be, or the time is over.</exception>
    public static async Task AwaitSettledAsync(VirtualMachine machine, TimeLimit limit, CancellationToken cancellation)
    {
        MachineStatus status;
        try
        {
            status = await machine.WhenAsync(now => IsSettled(now) && !(now.State == MachineState.Paused && machine.IsBeingSaved), limit.Token).WaitAsync(cancellation);
            if (!status.IsUp && status.Stages is { Result: null })
            {
                // Its console is read to the end first: a guest that goes when all is done has not failed.
                status = await machine.WhenAsync(now => now.Stages is not { Result: null } || now.State == MachineState.Suspended, limit.Token).WaitAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            status = machine.Status;
            throw BootInquiry.TimedOut("launch-timeout", $"{status.Name}: not ready within the time limit: {BootPhases.Describe(status)}", machine.Plan, status, machine.Now, $"it goes on booting; watch it: qemulab logs -f {status.Name}");
        }

        bool isDone = machine.Plan.Spec.Ready == ReadyBy.Stages && status.Stages is { Result.IsPassed: true };
        if ((!status.IsUp && !isDone) || status.Phase == BootPhase.Failed)
        {
            throw status.Stages is { Result: { IsPassed: false } failed }
                ? failed.Error()
                : new QemuLabException(status.Fault ?? ErrorKind.Failed, "not-ready", status.Reason ?? $"{status.Name} was stopped while it came up", status.Hint);
        }
    }

    /// <summary>Whether a machine will come no further by itself.</summary>
    public static bool IsSettled(MachineStatus status) =>
        status.State is MachineState.Stopped or MachineState.Failed or MachineState.CrashLoopBackOff or MachineState.Paused or MachineState.Suspended or MachineState.Unknown || status.Phase is BootPhase.Ready or BootPhase.Failed;
}
