using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Starts, stops and restarts machines as somebody asks for it, within what their run strategies allow.</summary>
internal sealed class LabMachines(LabReconciler reconciler, PlanRenewal plans, LabRegistry labs)
{
    /// <summary>Starts a machine that does not run; waits until it is ready where the options say so.</summary>
    /// <exception cref="QemuLabException">It runs, or its run strategy does not let it be started by hand now.</exception>
    public Task<MachineLaunch> StartAsync(string lab, string machine, LaunchOptions options, CancellationToken cancellation)
    {
        (LabEntry entry, VirtualMachine known) = Find(lab, machine);
        return StartAsync(entry, known, options, () =>
        {
            if (options.Paused && !options.Cold && known.Status.State == MachineState.Suspended)
            {
                throw new QemuLabException(ErrorKind.Conflict, "machine-suspended", $"{machine} is suspended: it goes on where it was, and does not start", $"boot it anew: qemulab start {machine} --paused --cold");
            }

            return RunStrategyRules.AfterStart(RunStrategyController.StrategyOf(entry, known), known.Status);
        }, cancellation);
    }

    /// <summary>Stops a machine.</summary>
    /// <exception cref="QemuLabException">There is nothing to stop, or it is only coming.</exception>
    public Task StopAsync(string lab, string machine, StopOptions options, CancellationToken cancellation)
    {
        (LabEntry entry, VirtualMachine known) = Find(lab, machine);
        EnsureArrived(lab, known);
        RunStrategy strategy = RunStrategyController.StrategyOf(entry, known);
        RunStrategy after = RunStrategyRules.AfterStop(strategy, known.Status, known.AwaitsStart);
        known.CountStop();
        Keep(entry, known, strategy, after);
        return reconciler.StopMachineAsync(entry, known, options, cancellation);
    }

    /// <summary>Stops a machine and starts it as the lab file now asks for it.</summary>
    /// <exception cref="QemuLabException">It does not run, or its run strategy does not let it be restarted.</exception>
    public async Task<MachineLaunch> RestartAsync(string lab, string machine, StopOptions stop, LaunchOptions start, CancellationToken cancellation)
    {
        (LabEntry entry, VirtualMachine known) = Find(lab, machine);
        MachineLaunch launch;
        using (LabGate.Turn turn = await labs.Gate(lab).EnterAsync(cancellation, machine))
        {
            RestartUnderWay restart = await StopToRestartAsync(entry, known, stop, turn);
            launch = await StartAgainAsync(restart, start, turn);
        }

        return await AwaitAsync(launch, known, start, cancellation);
    }

    /// <summary>The first half of a restart; whoever asks for it does the second too, or gives it up.</summary>
    /// <inheritdoc cref="RestartAsync"/>
    public async Task<RestartUnderWay> StopToRestartAsync(string lab, string machine, StopOptions stop, CancellationToken cancellation)
    {
        (LabEntry entry, VirtualMachine known) = Find(lab, machine);
        using LabGate.Turn turn = await labs.Gate(lab).EnterAsync(cancellation, machine);
        return await StopToRestartAsync(entry, known, stop, turn);
    }

    /// <summary>The second half of a restart. It is for the caller to wait until the machine is ready.</summary>
    /// <exception cref="QemuLabException">It was started or stopped meanwhile, or does not start.</exception>
    public async Task<MachineLaunch> StartAgainAsync(RestartUnderWay restart, LaunchOptions start, CancellationToken cancellation)
    {
        using LabGate.Turn turn = await labs.Gate(restart.Entry.Name).EnterAsync(cancellation, restart.Machine.Plan.Name);
        EnsureThere(restart.Entry, restart.Machine);
        return await StartAgainAsync(restart, start, turn);
    }

    private async Task<RestartUnderWay> StopToRestartAsync(LabEntry entry, VirtualMachine machine, StopOptions stop, LabGate.Turn turn)
    {
        EnsureThere(entry, machine);
        EnsureArrived(entry.Name, machine);
        RunStrategy strategy = RunStrategyController.StrategyOf(entry, machine);
        RunStrategyRules.EnsureRestart(strategy, machine.Status);
        var restart = new RestartUnderWay(entry, machine, strategy, machine.Stops);
        try
        {
            await reconciler.StopMachineAsync(entry, machine, stop, turn.Cancellation, restarts: true);
            return restart;
        }
        catch
        {
            reconciler.Records.EndRestart(entry, machine.Plan.Name);
            throw;
        }
    }

    private async Task<MachineLaunch> StartAgainAsync(RestartUnderWay restart, LaunchOptions start, LabGate.Turn turn)
    {
        try
        {
            return await StartInTurnAsync(restart.Entry, restart.Machine, start, () => restart.Strategy, restart.Stops, turn);
        }
        finally
        {
            reconciler.Records.EndRestart(restart.Entry, restart.Machine.Plan.Name);
        }
    }

    /// <summary>What the run strategy asks for, unless it has become another while the turn was awaited.</summary>
    public Task<MachineLaunch> StartAgainAsync(LabEntry entry, VirtualMachine machine, CancellationToken cancellation) =>
        StartAsync(entry, machine, new LaunchOptions(Wait: false), () => RunStrategyController.IsWanted(entry, machine) && labs.Holds(entry)
            ? RunStrategyController.StrategyOf(entry, machine)
            : throw new OperationCanceledException(), cancellation);

    /// <param name="entry">The lab.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="options">How.</param>
    /// <param name="allow">Asked in turn; says with which run strategy the machine goes on, or throws.</param>
    /// <param name="cancellation">Takes it back.</param>
    private async Task<MachineLaunch> StartAsync(LabEntry entry, VirtualMachine machine, LaunchOptions options, Func<RunStrategy> allow, CancellationToken cancellation)
    {
        int stops = machine.Stops;
        MachineLaunch launch;
        using (LabGate.Turn turn = await labs.Gate(entry.Name).EnterAsync(cancellation, machine.Plan.Name))
        {
            EnsureThere(entry, machine);
            launch = await StartInTurnAsync(entry, machine, options, allow, stops, turn);
        }

        return await AwaitAsync(launch, machine, options, cancellation);
    }

    private async Task<MachineLaunch> StartInTurnAsync(LabEntry entry, VirtualMachine machine, LaunchOptions options, Func<RunStrategy> allow, int stops, LabGate.Turn turn)
    {
        _ = LabReconciler.PlanOf(entry, machine);
        RunStrategy strategy = allow();

        // Also where this start is cancelled: what was begun for it must not go on after its turn.
        await plans.RenewAsync(entry);
        turn.Cancellation.ThrowIfCancellationRequested();
        MachineLaunch launch = await reconciler.StartMachineAsync(entry, machine, options with { Wait = false }, stops, turn.Cancellation);
        if (launch.Error is null && machine.Stops == stops)
        {
            Keep(entry, machine, RunStrategyController.StrategyOf(entry, machine), strategy);
        }

        return launch;
    }

    /// <summary>It is awaited out of turn: the next machine of the lab starts meanwhile.</summary>
    private async Task<MachineLaunch> AwaitAsync(MachineLaunch launch, VirtualMachine machine, LaunchOptions options, CancellationToken cancellation) =>
        options.Wait ? await reconciler.Launches.AwaitReadyAsync(launch, machine, options, cancellation) : launch;

    /// <summary>While the turn was awaited, it may have gone.</summary>
    private void EnsureThere(LabEntry entry, VirtualMachine machine)
    {
        if (!labs.Holds(entry) || entry.Find(machine.Plan.Name) != machine)
        {
            throw NotFound(entry.Name, machine.Plan.Name);
        }
    }

    /// <summary>Keeps the run strategy that a verb has made of the lab file's.</summary>
    private void Keep(LabEntry entry, VirtualMachine machine, RunStrategy before, RunStrategy after)
    {
        if (before != after)
        {
            reconciler.Records.Change(entry, machine.Plan.Name, record => record with { Strategy = after == machine.Plan.Spec.RunStrategy ? null : after });
        }
    }

    private static void EnsureArrived(string lab, VirtualMachine machine)
    {
        if (machine.Status.State is MachineState.Provisioning or MachineState.Starting)
        {
            throw new QemuLabException(ErrorKind.Conflict, "machine-starting", $"{machine.Plan.Name} is {machine.Status.State}: it can be stopped once it runs", $"wait a moment, or end the whole launch: qemulab down {lab}");
        }
    }

    private (LabEntry Entry, VirtualMachine Machine) Find(string lab, string machine)
    {
        LabEntry entry = labs.Entry(lab);
        return (entry, entry.Find(machine) ?? throw NotFound(lab, machine));
    }

    private static QemuLabException NotFound(string lab, string machine) =>
        new(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{machine}' in lab {lab}", "run: qemulab list");
}

/// <summary>A machine that was stopped so as to be started again.</summary>
/// <param name="Entry">Its lab.</param>
/// <param name="Machine">The machine.</param>
/// <param name="Strategy">The run strategy that it goes on with.</param>
/// <param name="Stops">How often it had been asked to stop by others.</param>
internal sealed record RestartUnderWay(LabEntry Entry, VirtualMachine Machine, RunStrategy Strategy, int Stops);
