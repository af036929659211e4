using System.Diagnostics;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Puts machines back to a snapshot: those that run as they did then by their own QEMU, the others by a new one; all go on at
/// one instant. Those that ran and whose memory was not kept boot. Doing it again does no harm, which is how one that was interrupted is finished.
/// </summary>
internal sealed class LabReturn(EventLog events, LabReconciler reconciler, PlanRenewal plans, MachineSnapshots snapshots)
{
    /// <exception cref="QemuLabException">Machines run and it is not forced, or a machine is another one than then; nothing is changed then.</exception>
    public async Task<ReturnOutcome> RunAsync(LabEntry entry, string name, SnapshotRecord snapshot, ReturnOptions options, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        VirtualMachine[] machines = Chosen(entry, name, snapshot, options);
        if (!options.Force && machines.Where(machine => machine.Status.IsUp).Select(machine => machine.Plan.Name).ToArray() is { Length: > 0 } up)
        {
            throw new QemuLabException(ErrorKind.Conflict, "machines-run", $"{string.Join(", ", up)} {(up.Length == 1 ? "runs" : "run")}: what they have done since {name} would be lost", "say that you mean it: --force");
        }

        await plans.RenewPortsAsync(entry);
        Dictionary<VirtualMachine, Way> ways = machines.ToDictionary(machine => machine, machine => WayOf(entry, machine, snapshot.Machines[machine.Plan.Name], name));
        SnapshotRecord whole = snapshot with { State = SnapshotState.Whole, Returning = null };
        reconciler.Records.Update(entry, record => record.WithSnapshot(name, snapshot with { State = SnapshotState.Reverting, Returning = options.Machines }));
        IReadOnlyList<MachineLaunch> boots;
        try
        {
            await ReturnAsync(entry, name, snapshot, ways, cancellation);
            boots = await reconciler.StartInOrderAsync(entry, [.. ways.Where(way => way.Value == Way.Boot).Select(way => PlanOf(entry, way.Key)!)], new LaunchOptions(Wait: false), cancellation);
        }
        catch
        {
            reconciler.Records.Update(entry, record => record.WithSnapshot(name, whole));
            throw;
        }

        // One machine that is put back does not take the lab there.
        reconciler.Records.Update(entry, record => record.WithSnapshot(name, whole) with { CurrentSnapshot = options.Machines is null ? name : record.CurrentSnapshot });
        events.Add(LabEventKind.Snapshot, entry.Name, null, "Returned", name);
        MachineReturn[] results = await Task.WhenAll(ways.Select(way => SettledAsync(way.Key, way.Value, boots.FirstOrDefault(boot => boot.Machine == way.Key.Plan.Name), began, options, cancellation)));
        return new ReturnOutcome(entry.Name, name, results, [.. entry.Machines.Select(machine => machine.Plan.Name).Except(snapshot.Machines.Keys)]);
    }

    private static VirtualMachine[] Chosen(LabEntry entry, string name, SnapshotRecord snapshot, ReturnOptions options)
    {
        if (options.Machines?.FirstOrDefault(wanted => !snapshot.Machines.ContainsKey(wanted)) is { } unknown)
        {
            throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"snapshot {name} of lab {entry.Name} holds no machine '{unknown}'", $"it holds: {string.Join(", ", snapshot.Machines.Keys)}");
        }

        return [.. snapshot.Machines.Keys.Where(machine => options.Machines?.Contains(machine) ?? true).Select(entry.Find).OfType<VirtualMachine>()];
    }

    /// <summary>A memory can be given back only to a QEMU of the same command line.</summary>
    private static Way WayOf(LabEntry entry, VirtualMachine machine, MachineSnapshot then, string name)
    {
        if (then.Boots)
        {
            // It must be in the lab's file to be started: told before anything is changed.
            _ = LabReconciler.PlanOf(entry, machine);
            return Way.Boot;
        }

        if (!then.HasMemory)
        {
            return Way.Disks;
        }

        if (machine.Status.State is MachineState.Running or MachineState.Paused && entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Fingerprint == then.Fingerprint)
        {
            return Way.Live;
        }

        return PlanOf(entry, machine) is { } plan && MachineFingerprint.Of(plan, entry.Plan.Host) == then.Fingerprint
            ? Way.Start
            : throw new QemuLabException(
                ErrorKind.Conflict, "machine-changed", $"{machine.Plan.Name} is another machine than in snapshot {name}: its memory fits only the QEMU that it was taken of",
                "launch the lab as its file was then, or with the QEMU and the accelerator of then");
    }

    private static MachinePlan? PlanOf(LabEntry entry, VirtualMachine machine) => entry.Plan.Machines.FirstOrDefault(plan => plan.Name == machine.Plan.Name);

    private async Task ReturnAsync(LabEntry entry, string name, SnapshotRecord snapshot, Dictionary<VirtualMachine, Way> ways, CancellationToken cancellation)
    {
        VirtualMachine[] live = [.. ways.Where(way => way.Value == Way.Live).Select(way => way.Key)];
        VirtualMachine[] ending = [.. ways.Where(way => way.Value != Way.Live && way.Key.Status.IsUp).Select(way => way.Key)];
        VirtualMachine[] starting = [.. ways.Where(way => way.Value == Way.Start).Select(way => way.Key)];
        FaultPoint.Reach("return-begun");
        await Task.WhenAll(live.Select(machine => reconciler.Launcher.Reports.CloseMasterAsync(machine.Plan, cancellation)));
        await EndPresentAsync(entry, live, ending, cancellation);

        foreach (VirtualMachine suspended in ways.Keys.Where(machine => machine.Status.State == MachineState.Suspended))
        {
            await reconciler.Launcher.Memory.DiscardAsync(entry, suspended);
        }

        var together = new AsyncBarrier(starting.Length + 1);
        Task started = starting.Length == 0 ? Task.CompletedTask : reconciler.StartWithAsync(entry, [.. starting.Select(machine => (PlanOf(entry, machine)!, (Func<IRunningMachine, Task>)(running => LoadAsync(machine, running))))], together.Leave, cancellation);
        Dictionary<VirtualMachine, Task> loads = ways.Where(way => way.Value != Way.Start).ToDictionary(way => way.Key, way => PutBackAsync(entry, way.Key, name, snapshot.Machines[way.Key.Plan.Name]));
        try
        {
            await Task.WhenAll(loads.Values);

            // Starts that fail before any machine's turn never come.
            await Task.WhenAny(together.ArriveAsync(CancellationToken.None), started);
            FaultPoint.Reach("return-loaded");
        }
        finally
        {
            together.Leave();
            try
            {
                await Task.WhenAll(live.Where(machine => loads[machine].IsCompletedSuccessfully).Select(machine => GoOnAsync(machine, snapshot.Machines[machine.Plan.Name])));
                FaultPoint.Reach("return-continued");
            }
            finally
            {
                // Whatever has become of the others: no start goes on beside what comes next.
                await started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await started;
        await Task.WhenAll(starting.Select(machine => machine.PostAsync(new MachineMessage.Restored(snapshot.Machines[machine.Plan.Name].WasReady, snapshot.Machines[machine.Plan.Name].Stage))));
        await Task.WhenAll(starting.Where(machine => snapshot.Machines[machine.Plan.Name].WasPaused).Select(machine => machine.Running?.HaltAsync(CancellationToken.None) ?? Task.CompletedTask));

        async Task LoadAsync(VirtualMachine machine, IRunningMachine running)
        {
            try
            {
                await running.SnapshotAsync(snapshot.Machines[machine.Plan.Name].LoadAction, snapshot.Machines[machine.Plan.Name].TagOf(name), Qemu.QemuCommandLine.SnapshotNodes(machine.Plan), CancellationToken.None);
            }
            catch (QemuLabException failed)
            {
                throw NotPutBack(entry, name, $"{machine.Plan.Name}: {failed.Message}", failed, $"qemulab start {machine.Plan.Name}");
            }

            await together.ArriveAsync(CancellationToken.None);
        }
    }

    /// <summary>Stands still what runs and will by the same QEMU, and ends what must not run any more. Where one cannot, the others go on as if nothing had been.</summary>
    private async Task EndPresentAsync(LabEntry entry, VirtualMachine[] live, VirtualMachine[] ending, CancellationToken cancellation)
    {
        VirtualMachine[] ran = [.. live.Where(machine => machine.Status.State == MachineState.Running)];
        try
        {
            await Task.WhenAll(live.Select(machine => machine.Running?.HaltAsync(cancellation) ?? Task.CompletedTask));
            FaultPoint.Reach("return-halted");
            await Task.WhenAll(ending.Select(machine => reconciler.StopMachineAsync(entry, machine, new StopOptions(TimeSpan.Zero), cancellation)));
        }
        catch
        {
            await Task.WhenAll(ran.Select(ContinueAsync)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>Loads it where the machine is now. One that cannot be loaded has left memory and disks that need not fit each other: it is not let go on with them.</summary>
    private async Task PutBackAsync(LabEntry entry, VirtualMachine machine, string name, MachineSnapshot then)
    {
        try
        {
            await snapshots.DoAsync(then.LoadAction, machine, then.TagOf(name), CancellationToken.None);
        }
        catch (QemuLabException failed)
        {
            bool isUp = machine.Status.IsUp;
            QemuLabException told = NotPutBack(entry, name, failed.Message, failed, $"qemulab {(isUp ? "restart --force" : "start")} {machine.Plan.Name}");
            string reason = $"it could not be put back to snapshot {name}, and what it has now may not fit together: {failed.Message}";
            await machine.PostAsync(isUp ? new MachineMessage.NotReady(reason, told.Hint, told.Kind) : new MachineMessage.StartFailed(reason, told.Hint, told.Kind));
            throw told;
        }
    }

    private static QemuLabException NotPutBack(LabEntry entry, string name, string message, QemuLabException failed, string bootAnew) => new(
        failed.Kind, failed.Code, message, $"{(failed.Hint is { } first ? $"{first}; then " : "")}put it back again: qemulab rewind {entry.Name} {name} --force; or boot it anew: {bootAnew}", failed);

    private static async Task GoOnAsync(VirtualMachine machine, MachineSnapshot then)
    {
        // It has the balloon of then.
        await (machine.Running is { } running ? GuestMemory.ApplyAsync(running, machine.Plan, CancellationToken.None) : Task.CompletedTask);
        if (!then.WasPaused)
        {
            await Standstill.EndAsync(machine);
        }

        await machine.PostAsync(new MachineMessage.Restored(then.WasReady, then.Stage));
    }

    private static Task ContinueAsync(VirtualMachine machine) => machine.Running?.ContinueAsync(CancellationToken.None) ?? Task.CompletedTask;

    private async Task<MachineReturn> SettledAsync(VirtualMachine machine, Way way, MachineLaunch? boot, long began, ReturnOptions options, CancellationToken cancellation)
    {
        MachineReturn Result(string? error = null, string? hint = null) => new(machine.Plan.Name, way != Way.Disks, Stopwatch.GetElapsedTime(began).TotalSeconds, error, hint);
        if (boot is { Error: { } error })
        {
            return Result(error, boot.Hint);
        }

        // While the guest's server is on its way to a login: whoever comes in finds the right time.
        Task clock = way is Way.Live or Way.Start ? reconciler.Launcher.Memory.SetClockAsync(machine, options.Wait ? cancellation : CancellationToken.None) : Task.CompletedTask;
        if (way == Way.Disks || !options.Wait || machine.Status.State == MachineState.Paused)
        {
            return Result();
        }

        MachineStatus status = await machine.WhenAsync(MachineLaunches.IsSettled, cancellation);
        if (!status.IsUp || status.Phase == BootPhase.Failed)
        {
            return Result(status.Reason ?? $"{status.Name} has ended", status.Hint);
        }

        await clock;
        return Result();
    }

    /// <summary>How a machine gets back.</summary>
    private enum Way
    {
        /// <summary>Its QEMU runs and loads it.</summary>
        Live,

        /// <summary>A new QEMU loads it before its CPUs run.</summary>
        Start,

        /// <summary>It is stopped, its disks are put back, and a new QEMU boots from them.</summary>
        Boot,

        /// <summary>It was stopped then, and is stopped.</summary>
        Disks,
    }
}
