using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Makes a lab be what its plan says: every step idempotent, every step of something new with its undo.</summary>
internal sealed class LabReconciler
{
    private readonly EngineParts parts;
    private readonly EventLog events;
    private readonly LabRecords records;
    private readonly MachineLauncher launcher;
    private readonly SshFiles sshFiles;
    private readonly LabSuspensions suspensions;
    private readonly LabChanges changes;
    private readonly MachineAdoption adoption;

    /// <param name="parts">What it works with.</param>
    /// <param name="store">Where labs are kept.</param>
    /// <param name="events">Told of what is done.</param>
    /// <param name="machines">All machines of all labs.</param>
    public LabReconciler(EngineParts parts, LabStore store, EventLog events, Func<IEnumerable<VirtualMachine>> machines)
    {
        Ledger = new CapacityLedger(machines, ProcessMemory.Resident);
        (this.parts, this.events) = (parts, events);
        records = new LabRecords(store);
        sshFiles = new SshFiles(parts.Paths, parts.Runner);
        launcher = new MachineLauncher(parts, sshFiles, records, events, (lab, name, cancellation) => SnapshotForStage!(lab, name, cancellation));
        suspensions = new LabSuspensions(launcher, events);
        changes = new LabChanges(records, events, new GuestMemory(parts, events));
        adoption = new MachineAdoption(parts.Hypervisor, records, events);
        Launches = new MachineLaunches(parts, records, launcher, changes);
    }

    /// <summary>The labs' records; there is one keeper of them.</summary>
    public LabRecords Records => records;

    public MachineLauncher Launcher => launcher;

    /// <summary>What of the host is spoken for.</summary>
    public CapacityLedger Ledger { get; }

    public LabSuspensions Suspensions => suspensions;

    /// <summary>Takes a snapshot of a lab under a name, in the place of one of that name; a launch of the lab may be under way.</summary>
    public required Func<string, string, CancellationToken, Task> SnapshotForStage { get; init; }

    /// <summary>Brings single machines up.</summary>
    public MachineLaunches Launches { get; }

    public LabChanges Changes => changes;

    public TimeProvider Clock => parts.Clock;

    /// <summary>Asks a guest to boot anew by itself.</summary>
    public async Task SoftRebootAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        await new GuestReboot(parts.Paths, parts.Runner).AskAsync(machine.Plan, cancellation);
        await launcher.Reports.CloseMasterAsync(machine.Plan, cancellation);
    }

    /// <summary>Takes up the machines that a former daemon left running.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="plans">Its machines that have been made, those that the file no longer has among them.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <returns>Mends their network, which may take its time.</returns>
    public async Task<Func<Task>> AdoptAsync(LabEntry entry, IEnumerable<MachinePlan> plans, CancellationToken cancellation)
    {
        VirtualMachine[] machines = [.. plans.Select(plan => entry.AddOrGet(plan, launcher.Make))];
        IRunningMachine?[] halted = await Task.WhenAll(machines.Select(machine => adoption.AdoptAsync(entry, machine, cancellation)));
        halted = await suspensions.RecoverAsync(entry, machines, halted);
        return () => entry.AnyUp ? MendAsync(entry, machines, halted, cancellation) : Task.CompletedTask;
    }

    private async Task MendAsync(LabEntry entry, VirtualMachine[] machines, IRunningMachine?[] halted, CancellationToken cancellation)
    {
        try
        {
            await BringNetworksUpAsync(entry, cancellation);
            await Task.WhenAll(machines.Where(machine => machine.Status.IsUp).Select(machine => launcher.Ports.ConnectAsync(machine.Plan, cancellation)));
            await Task.WhenAll(halted.OfType<IRunningMachine>().Select(machine => machine.ContinueAsync(cancellation)));
        }
        catch (QemuLabException broken)
        {
            events.Add(LabEventKind.Warning, entry.Name, null, "network-broken", $"the network of lab {entry.Name} could not be mended: {broken.Message}");
        }
    }

    /// <summary>Brings every machine of the plan up. One that fails does not hold the others up; cancelling takes back what was begun.</summary>
    public async Task<LaunchOutcome> LaunchAsync(LabEntry entry, LaunchOptions options, CancellationToken cancellation)
    {
        IEnumerable<string> leftover = entry.Record.Machines.Keys.Except(entry.Plan.Machines.Select(plan => plan.Name)).Order(StringComparer.Ordinal);
        MachineLaunch[] launches = await WithUndoAsync(entry, async undo =>
        {
            records.Update(entry, record => record);
            using var limit = new TimeLimit(options.TimeLimit, parts.Clock);
            HashSet<string> started = [.. entry.Plan.Machines.Where(plan => MachineLaunches.StartsByLaunch(entry.Record, plan)).Select(plan => plan.Name)];
            var turns = new LaunchTurns(new LaunchOrder(entry.Plan.Machines), started, entry.Find, new HealthWatch(parts, events), events);
            return await OnNetworkAsync(entry, undo, network =>
                Task.WhenAll(entry.Plan.Machines.Select(plan => started.Contains(plan.Name)
                    ? Launches.LaunchAsync(entry, plan, network, options, limit, undo, cancellation, turns)
                    : Launches.LeaveAsync(entry, plan, network, cancellation))), cancellation);
        });
        if (!entry.AnyUp)
        {
            await TakeNetworkDownAsync(entry, CancellationToken.None);
        }

        if (launches.Any(launch => launch.Outcome == MachineOutcome.Created))
        {
            await TellNamesAsync(entry, launches.Where(launch => launch.Outcome != MachineOutcome.Created).Select(launch => launch.Machine), cancellation);
        }

        return new LaunchOutcome(entry.Name, launches, entry.Plan.Warnings, [.. leftover]);
    }

    /// <summary>A machine's plan in the lab's.</summary>
    /// <exception cref="QemuLabException">The lab's file no longer has it.</exception>
    public static MachinePlan PlanOf(LabEntry entry, VirtualMachine machine) => entry.Plan.Machines.FirstOrDefault(plan => plan.Name == machine.Plan.Name)
        ?? throw new QemuLabException(ErrorKind.Conflict, "machine-leftover", $"the lab file no longer has {machine.Plan.Name}", "put it back into the file and launch the lab");

    /// <summary>Starts one machine of the plan.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="options">How.</param>
    /// <param name="stops">How often it had been asked to stop when this was asked for.</param>
    /// <param name="cancellation">Takes it back.</param>
    public Task<MachineLaunch> StartMachineAsync(LabEntry entry, VirtualMachine machine, LaunchOptions options, int stops, CancellationToken cancellation)
    {
        MachinePlan plan = PlanOf(entry, machine);
        return WithUndoAsync(entry, async undo =>
        {
            using IDisposable admitted = Ledger.Admit(entry.Plan, machine.Status.IsUp ? [] : [plan], made: 0, resume: machine.Status.State == MachineState.Suspended && !options.Cold);
            using var limit = new TimeLimit(options.TimeLimit, parts.Clock);
            return await OnNetworkAsync(entry, undo, network => Launches.LaunchAsync(entry, plan, network, options, limit, undo, cancellation, stops: stops), cancellation);
        });
    }

    /// <summary>Starts machines, each with something to be done before its CPUs run. Where one fails, all are taken back.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="machines">What to start, and what to do then.</param>
    /// <param name="failed">Called for each one that does not come so far.</param>
    /// <param name="cancellation">Takes all back.</param>
    public Task StartWithAsync(LabEntry entry, IReadOnlyList<(MachinePlan Plan, Func<IRunningMachine, Task> BeforeItRuns)> machines, Action failed, CancellationToken cancellation) =>
        WithUndoAsync(entry, undo => OnNetworkAsync(entry, undo, async network =>
        {
            await Task.WhenAll(machines.Select(async start =>
            {
                try
                {
                    await launcher.StartAsync(entry, entry.AddOrGet(start.Plan, launcher.Make), start.Plan, network, undo, cancellation, start.BeforeItRuns);
                }
                catch
                {
                    failed();
                    throw;
                }
            }));
            return true;
        }, cancellation));

    /// <summary>Starts machines of the plan that do not run, in the order of what they depend on among each other; what fails is told in the results.</summary>
    public Task<MachineLaunch[]> StartInOrderAsync(LabEntry entry, IReadOnlyList<MachinePlan> plans, LaunchOptions options, CancellationToken cancellation) => plans.Count == 0 ? Task.FromResult<MachineLaunch[]>([]) :
        WithUndoAsync(entry, async undo =>
        {
            using IDisposable admitted = Ledger.Admit(entry.Plan, plans, made: 0);
            using var limit = new TimeLimit(options.TimeLimit, parts.Clock);
            LaunchTurns turns = Turns(entry, [.. plans.Select(plan => plan.Name)], options);
            return await OnNetworkAsync(entry, undo, network => Task.WhenAll(plans.Select(plan => Launches.LaunchAsync(entry, plan, network, options, limit, undo, cancellation, turns))), cancellation);
        });

    /// <inheritdoc cref="MachineStopper.StopAsync"/>
    public Task StopMachineAsync(LabEntry entry, VirtualMachine machine, StopOptions options, CancellationToken cancellation, bool restarts = false) =>
        launcher.Stopper.StopAsync(entry, machine, options, cancellation, restarts);

    /// <summary>Stops machines, those first that depend on others; by force all at once.</summary>
    public static Task StopInOrderAsync(LabEntry entry, IReadOnlyList<VirtualMachine> machines, StopOptions options, Func<VirtualMachine, Task> stop) =>
        options.GracePeriod == TimeSpan.Zero
            ? Task.WhenAll(machines.Select(stop))
            : new LaunchOrder(entry.WholePlan.Machines).DependantsFirstAsync([.. machines.Select(machine => machine.Plan.Name)], name => stop(machines.First(machine => machine.Plan.Name == name)));

    /// <summary>The turns of these machines among each other; one that is started with its CPUs standing still never becomes what others could wait for.</summary>
    public LaunchTurns Turns(LabEntry entry, IReadOnlyList<string> machines, LaunchOptions options) =>
        new(new LaunchOrder(options.Paused ? [] : entry.WholePlan.Machines).Among(machines), machines, entry.Find, new HealthWatch(parts, events), events);

    /// <summary>Stops all machines and removes all that the lab has on the host; with <paramref name="purge"/> the machines too.</summary>
    public async Task DownAsync(LabEntry entry, bool purge, StopOptions options, CancellationToken cancellation)
    {
        await StopInOrderAsync(entry, entry.Machines, options, machine => launcher.Stopper.StopAsync(entry, machine, options, cancellation));
        await TakeNetworkDownAsync(entry, cancellation);
        if (purge)
        {
            foreach (VirtualMachine machine in entry.Machines)
            {
                entry.Remove(machine);
                await machine.DisposeAsync();
            }
        }
    }

    /// <summary>Machines that were there before learn the names of those that have come.</summary>
    private async Task TellNamesAsync(LabEntry entry, IEnumerable<string> machines, CancellationToken cancellation)
    {
        var names = new HostsRefresh(parts.Paths, parts.Runner);
        VirtualMachine[] ready = [.. machines.Select(entry.Find).OfType<VirtualMachine>().Where(machine => machine.Status.Phase == BootPhase.Ready && machine.Plan.Spec.Ready == ReadyBy.Login)];
        await Task.WhenAll(ready.Select(async machine =>
        {
            try
            {
                await names.RunAsync(machine.Plan, entry.Plan, cancellation);
            }
            catch (QemuLabException untold)
            {
                events.Add(LabEventKind.Warning, entry.Name, machine.Plan.Name, "names-not-told", untold.Message);
            }
        }));
    }

    private Task BringNetworksUpAsync(LabEntry entry, CancellationToken cancellation) =>
        Task.WhenAll(entry.Plan.Networks.Select(network => parts.Network.BringUpAsync(network, cancellation)));

    /// <summary>The main one last: the others' folders are in its own.</summary>
    public async Task TakeNetworkDownAsync(LabEntry entry, CancellationToken cancellation)
    {
        foreach (NetworkPlan network in entry.Plan.Networks.Reverse())
        {
            await parts.Network.TakeDownAsync(network, cancellation);
        }

        if (Directory.Exists(parts.Paths.Run(entry.Name)))
        {
            Directory.Delete(parts.Paths.Run(entry.Name), recursive: true);
        }

        events.Add(LabEventKind.Network, entry.Name, null, "Down");
    }

    private async Task<T> WithUndoAsync<T>(LabEntry entry, Func<UndoStack, Task<T>> work)
    {
        var undo = new UndoStack();
        try
        {
            return await work(undo);
        }
        catch
        {
            foreach (Exception fault in await undo.UndoAsync())
            {
                events.Add(LabEventKind.Warning, entry.Name, null, "undo-failed", $"something could not be taken back: {fault.Message}");
            }

            throw;
        }
    }

    /// <summary>
    /// Starts machines with what they share: SSH's files first, and the network, which comes up while the machines' files are
    /// made and their QEMU starts. Where it does not come up, that is the one fault to report, not each machine's.
    /// </summary>
    private async Task<T> OnNetworkAsync<T>(LabEntry entry, UndoStack undo, Func<Task, Task<T>> start, CancellationToken cancellation)
    {
        using IDisposable counted = await entry.BeginStartAsync();
        undo.Push(() => entry.LeaveNetworkAsync(() => TakeNetworkDownAsync(entry, CancellationToken.None)));
        Task network = entry.ShareNetworkAsync(() => BringNetworksUpAsync(entry, CancellationToken.None));
        undo.Push(() => network.ContinueWith(_ => { }, TaskScheduler.Default));
        await entry.SshFiles.AskAsync(() => WriteSshFilesAsync(entry));
        cancellation.ThrowIfCancellationRequested();
        T started = await start(network.WaitAsync(cancellation));
        await network;
        return started;
    }

    private async Task<bool> WriteSshFilesAsync(LabEntry entry)
    {
        await sshFiles.WriteAsync(entry.WholePlan);
        return true;
    }
}
