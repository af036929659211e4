using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>All labs of one user: the engine's front door, held by the daemon.</summary>
public sealed class LabSupervisor : IAsyncDisposable, ILabHolder
{
    /// <summary>How long a start waits for networks to be mended and for guests to say that they are ready: the machines are known before.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMilliseconds(300);

    private readonly EngineParts parts;
    private readonly LabStore store;
    private readonly LabReconciler reconciler;
    private readonly UnplannedLabs unplanned;
    private readonly LabPlanning planning;
    private readonly LabMachines machines;
    private readonly ConcurrentDictionary<string, LabEntry> labs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LabGate> gates = new(StringComparer.Ordinal);
    private readonly Lock settling = new();
    private readonly RunStrategyController strategies;
    private readonly HostSleep sleep;

    public LabSupervisor(EngineParts parts)
    {
        this.parts = parts;
        store = new LabStore(parts.Paths, parts.Clock);
        Events = new EventLog(parts.Clock);
        reconciler = new LabReconciler(parts, store, Events, () => labs.Values.SelectMany(lab => lab.Machines));
        unplanned = new UnplannedLabs(parts, Events, Gate, TakeUpAsync);
        planning = new LabPlanning(parts, Events, labs, unplanned, reconciler.Ledger);
        machines = new LabMachines(parts, reconciler, planning, this);
        Power = new LabPower(reconciler, Entry, Gate);
        Batch = new MachineBatch(this, reconciler, Entry, parts.Clock);
        Snapshots = new LabSnapshots(parts, Events, reconciler, Entry, Gate);
        Trash = new LabTrash(parts, Events, reconciler, this, store.Reserve);
        Faults = new LabFaults(parts, Events, lab => Entry(lab).Plan);
        strategies = new RunStrategyController(parts.Clock, Events, reconciler.Records, machines.StartAgainAsync, Random.Shared.NextDouble);
        sleep = new HostSleep(parts.Clock, SetClocksAsync);
        reconciler.Launcher.Reports.Listener = (before, now) => OnChange(before, now);
        parts.Notices.Listener = (network, word, message) => Events.Add(LabEventKind.Network, network.Lab, null, word, message);
    }

    /// <summary>The host as it was last looked at.</summary>
    public HostFacts Host => parts.Host.Facts;

    public EventLog Events { get; }

    /// <summary>What is made worse on purpose on the labs' networks.</summary>
    public LabFaults Faults { get; }

    /// <summary>What is done to machines that run.</summary>
    public LabPower Power { get; }

    /// <summary>Several machines at once, in their order.</summary>
    public MachineBatch Batch { get; }

    /// <summary>The labs' states that can be returned to.</summary>
    public LabSnapshots Snapshots { get; }

    /// <summary>Machines that were deleted.</summary>
    public LabTrash Trash { get; }

    /// <summary>An immutable snapshot, by name.</summary>
    public IReadOnlyList<LabStatus> Labs => [.. labs.Values.OrderBy(lab => lab.Name, StringComparer.Ordinal).Select(lab => lab.Status(Faults.Of(lab.Name)))];

    /// <summary>Labs that are kept, but that this host cannot carry now.</summary>
    public IReadOnlyList<UnplannedLab> Unplanned => unplanned.All;

    /// <summary>The base images that disks of any lab stand on: an image among them must not be removed.</summary>
    public IReadOnlyCollection<string> BackingFilesInUse =>
        [.. labs.Values.SelectMany(lab => lab.Machines).SelectMany(machine => machine.Plan.Disks).Select(disk => disk.BackingPath).OfType<string>().Concat(Trash.BackingPaths).Distinct()];

    /// <summary>Reads what is stored and adopts every machine that runs.</summary>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await parts.Host.LookAsync(cancellation);
        (IReadOnlyDictionary<string, LabRecord> records, IReadOnlyList<(string Lab, string Message)> broken) = store.ReadAll();
        foreach ((string lab, string message) in broken)
        {
            Events.Add(LabEventKind.Warning, lab, null, "record-broken", message);
        }

        records = Trash.Recover(records);

        // One after another up to the plan, because a lab's plan depends on the subnets and ports of the labs before it.
        var adoptions = new List<Task<Func<Task>>>();
        var entries = new List<LabEntry>();
        foreach ((string name, LabRecord record) in records)
        {
            try
            {
                (LabEntry entry, Task<Func<Task>> adoption) = await BeginAdoptionAsync(name, record, cancellation);
                entries.Add(entry);
                adoptions.Add(adoption);
            }
            catch (QemuLabException unplannable)
            {
                unplanned.Keep(name, record, unplannable);
            }
        }

        Func<Task>[] mends = await Task.WhenAll(adoptions);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(SettleLimit);
        IEnumerable<Task> settled = labs.Values.SelectMany(lab => lab.Machines).Select(machine => machine.WhenAsync(MachineLaunches.IsSettled, limit.Token));
        await Task.WhenAll([.. entries.Zip(mends, MendInTurnAsync), .. settled]).WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (string name in labs.Keys)
        {
            _ = Snapshots.RecoverAsync(name);
        }

        strategies.Open(labs.Values);
        sleep.Begin();
    }

    /// <summary>Plans a lab by its record and makes it known.</summary>
    /// <exception cref="QemuLabException">The host cannot carry it, or its file is none any more: nothing is known of it then.</exception>
    private async Task<(LabEntry Entry, Task<Func<Task>> Adoption)> BeginAdoptionAsync(string name, LabRecord record, CancellationToken cancellation)
    {
        LabPlan plan = await planning.PlanAsync(planning.Read(record.Source), record, cancellation);
        IReadOnlyList<MachinePlan> leftovers = await planning.LeftoversAsync(record, cancellation);
        LabEntry entry = labs[name] = new LabEntry(name, record, plan);
        return (entry, reconciler.AdoptAsync(entry, [.. plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), .. leftovers], cancellation));
    }

    /// <summary>Takes up a lab that could not be planned before, as the start would have. The caller has its turn.</summary>
    private async Task TakeUpAsync(string name, LabRecord record, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        (LabEntry entry, Task<Func<Task>> adoption) = await BeginAdoptionAsync(name, record, CancellationToken.None);
        await (await adoption)();
        await Faults.RecallAsync([name], CancellationToken.None);
        _ = Snapshots.RecoverAsync(name);
        strategies.Open([entry]);
    }

    /// <summary>Looks at the host anew, and takes up the labs that it could not carry and now can.</summary>
    public Task RetryAsync(CancellationToken cancellation = default) => unplanned.RetryAsync(cancellation);

    /// <summary>What a launch would do; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public async Task<LabPlan> PlanAsync(LabSource source, CancellationToken cancellation = default)
    {
        await parts.Host.LookAsync(cancellation);
        Lab lab = planning.Read(source);
        LabRecord? record = labs.GetValueOrDefault(lab.Name.Value)?.Record ?? unplanned.RecordOf(lab.Name.Value);
        return await planning.PlanAsync(lab, record, cancellation);
    }

    /// <summary>What a launch would change, machine by machine; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    public async Task<IReadOnlyList<MachineDiff>> DiffAsync(LabSource source, CancellationToken cancellation = default)
    {
        LabPlan plan = await PlanAsync(source, cancellation);
        return LabChanges.Against(labs.GetValueOrDefault(plan.Name), plan);
    }

    /// <summary>Gives keys of machines other values than the lab file: what can be is done at once, the rest waits for a restart. The next launch by the file goes back to the file's.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="machines">Which.</param>
    /// <param name="settings">Each <c>key=value</c>, as in a machine's part of the lab file.</param>
    /// <param name="cancellation">Ends the wait for the lab's turn.</param>
    /// <exception cref="LabFileException">A key or a value is wrong.</exception>
    /// <exception cref="QemuLabException">There is no such lab or machine; or the host cannot carry it.</exception>
    public async Task<IReadOnlyList<MachineDiff>> SetAsync(string lab, IReadOnlyList<string> machines, IReadOnlyList<string> settings, CancellationToken cancellation = default)
    {
        LabEntry entry = Entry(lab);
        using LabGate.Turn turn = await Gate(lab).EnterAsync(cancellation);
        await parts.Host.LookAsync(turn.Cancellation);
        LabSource source = SettingPath.Put(entry.Record.Source, [.. machines.Select(name => LabReconciler.PlanOf(entry, Machine(entry, name)).Spec)], settings);
        Lab read = planning.Read(source);
        LabRecord record = entry.Record with { Source = source };
        IReadOnlyDictionary<string, PlannedImage> images = await planning.CachedImagesAsync(read, record, turn.Cancellation);
        PlanCheck.Ensure(planning.Plan(read, images, record.Allocations), Starting.None);
        Settle(read, record, images, known => known with { Source = source });
        IReadOnlyList<MachineDiff> all = [.. LabChanges.Against(entry, entry.Plan).Where(diff => machines.Contains(diff.Machine))];
        foreach (MachineDiff diff in all)
        {
            await reconciler.Changes.ApplyLiveAsync(entry, Machine(entry, diff.Machine), LabReconciler.PlanOf(entry, Machine(entry, diff.Machine)), turn.Cancellation);
        }

        return all;
    }

    /// <summary>Brings the lab to what the file asks for. Cancelling takes back what this call began.</summary>
    public async Task<LaunchOutcome> LaunchAsync(LabSource source, LaunchOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default)
    {
        Lab lab = planning.Read(source);
        string name = lab.Name.Value;
        using IDisposable? subscription = progress is null ? null : Events.Subscribe(name, progress);
        await unplanned.RetryAsync(cancellation);
        using LabGate.Turn turn = await Gate(name).EnterAsync(cancellation);
        await parts.Host.LookAsync(turn.Cancellation);

        LabEntry? known = labs.GetValueOrDefault(name);
        LabRecord record = (known?.Record ?? unplanned.RecordOf(name))?.Renewed(source, lab) ?? Found(source, lab);
        LabPlan draft = await planning.PlanAsync(lab, record, turn.Cancellation);
        MachinePlan[] starting = [.. draft.Machines.Where(plan => known?.Find(plan.Name)?.Status.IsUp != true && MachineLaunches.StartsByLaunch(record, plan))];
        using IDisposable admitted = reconciler.Ledger.Admit(draft, starting, made: starting.Count(plan => !record.Machines.ContainsKey(plan.Name)));
        PublishedPorts.EnsureFree(draft, machine => known?.Find(machine)?.Status.IsUp ?? false);

        var images = new LabImages(parts.Catalog, parts.Images, Events);
        IReadOnlyDictionary<string, PlannedImage> planned = await images.EnsureAsync(lab, record.Allocations, turn.Cancellation);
        LabEntry entry = Settle(lab, record, planned, known => known.Renewed(source, lab));
        unplanned.Forget(name);
        try
        {
            if (known is null)
            {
                await (await reconciler.AdoptAsync(entry, entry.Plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), turn.Cancellation))();
            }

            LaunchOutcome outcome = await reconciler.LaunchAsync(entry, options, turn.Cancellation);
            return options.Prune ? await PruneAsync(entry, outcome) : outcome;
        }
        finally
        {
            // A launch that has made nothing leaves nothing.
            ForgetIfEmpty(entry);
        }
    }

    /// <summary>Plans and makes the plan known in one step: of two labs at the same time, the second sees what the first has taken. Then it is kept.</summary>
    /// <param name="lab">The lab as its file has it.</param>
    /// <param name="record">What it is planned by; the record of a lab that was not known.</param>
    /// <param name="images">Its images.</param>
    /// <param name="renew">Makes of the record that there is by then, which verbs of single machines may have changed meanwhile, the new one.</param>
    private LabEntry Settle(Lab lab, LabRecord record, IReadOnlyDictionary<string, PlannedImage> images, Func<LabRecord, LabRecord> renew)
    {
        LabEntry entry;
        LabAllocations allocations;
        bool isNew;
        lock (settling)
        {
            LabPlan plan = planning.Plan(lab, images, record.Allocations);
            allocations = LabAllocations.Of(plan, LabImages.Substitutes(images), record.Allocations);
            var made = new LabEntry(lab.Name.Value, record with { Allocations = allocations }, plan);
            entry = labs.GetOrAdd(lab.Name.Value, made);
            isNew = entry == made;
            entry.Plan = plan;
        }

        if (!isNew)
        {
            reconciler.Records.Update(entry, known => renew(known) with { Allocations = allocations });
        }

        return entry;
    }

    /// <summary>Stops every machine and removes all that was made on the host; disks stay unless <paramref name="purge"/>.</summary>
    public async Task DownAsync(string lab, bool purge, StopOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default)
    {
        LabEntry entry = Entry(lab);
        using IDisposable? subscription = progress is null ? null : Events.Subscribe(lab, progress);
        using LabGate.Turn turn = await Gate(lab).InterruptAsync(cancellation);
        await Faults.EndAsync(lab);
        await reconciler.DownAsync(entry, purge, options, turn.Cancellation);
        ForgetIfEmpty(entry, purge);
    }

    /// <inheritdoc cref="LabMachines.StartAsync(string, string, LaunchOptions, CancellationToken)"/>
    public Task<MachineLaunch> StartMachineAsync(string lab, string machine, LaunchOptions options, CancellationToken cancellation = default) => machines.StartAsync(lab, machine, options, cancellation);

    /// <inheritdoc cref="LabMachines.StopAsync"/>
    public Task StopMachineAsync(string lab, string machine, StopOptions options, CancellationToken cancellation = default) => machines.StopAsync(lab, machine, options, cancellation);

    /// <inheritdoc cref="LabMachines.RestartAsync"/>
    public Task<MachineLaunch> RestartMachineAsync(string lab, string machine, StopOptions stop, LaunchOptions start, CancellationToken cancellation = default) => machines.RestartAsync(lab, machine, stop, start, cancellation);

    public async ValueTask DisposeAsync()
    {
        Faults.Dispose();
        strategies.Dispose();
        sleep.Dispose();
        foreach (VirtualMachine machine in labs.Values.SelectMany(lab => lab.Machines))
        {
            await machine.DisposeAsync();
        }
    }

    /// <summary>The host was asleep, or its clock was set: guests whose clocks have not followed are told the time.</summary>
    private Task SetClocksAsync(TimeSpan jump) => Task.WhenAll(labs.Values.Where(entry => entry.AnyUp).Select(entry =>
    {
        string what = jump > TimeSpan.Zero ? "the host was asleep, or its clock was set ahead" : "the host's clock was set back";
        Events.Add(LabEventKind.State, entry.Name, null, "ClockJumped", $"{what}, by {TimeSpan.FromSeconds(Math.Round(jump.Duration().TotalSeconds)):c}; the machines' clocks are set");
        return Task.WhenAll(entry.Machines.Where(machine => machine.Status is { State: MachineState.Running, Phase: BootPhase.Ready }).Select(machine => reconciler.Launcher.Memory.SetClockAsync(machine, CancellationToken.None)));
    }));

    private void OnChange(MachineStatus before, MachineStatus now)
    {
        if (labs.GetValueOrDefault(now.Lab) is { } entry && entry.Find(now.Name) is { } machine)
        {
            strategies.OnChange(entry, machine, before, now);
        }
    }

    /// <summary>Changes of the lab wait for it; who only looks does not.</summary>
    private async Task MendInTurnAsync(LabEntry entry, Func<Task> mend)
    {
        using LabGate.Turn turn = await Gate(entry.Name).EnterAsync(CancellationToken.None);
        await mend();
        await Faults.RecallAsync([entry.Name], CancellationToken.None);
    }

    /// <summary>A record for a lab that there is none of. It may have been lost: machines whose disks are there are known, so that a launch that fails does not take them back.</summary>
    private LabRecord Found(LabSource source, Lab lab) => new()
    {
        Source = source,
        Allocations = LabAllocations.None,
        Machines = lab.Machines
            .Where(machine => store.HasDisk(lab.Name.Value, machine.Name.Value))
            .ToDictionary(machine => machine.Name.Value, _ => new MachineRecord(MachineWanted.Stopped, "")),
    };

    /// <summary>What the file no longer has goes to the trash.</summary>
    private async Task<LaunchOutcome> PruneAsync(LabEntry entry, LaunchOutcome outcome)
    {
        foreach (VirtualMachine leftover in outcome.Leftover.Select(entry.Find).OfType<VirtualMachine>())
        {
            await Trash.DeleteAsync(entry, leftover);
        }

        return outcome with { Leftover = [], Pruned = outcome.Leftover };
    }

    async Task<LabEntry> ILabHolder.ReviveAsync(string lab, LabSource source, LabAllocations allocations, CancellationToken cancellation)
    {
        await unplanned.TakeUpAsync(lab, cancellation);
        if (labs.GetValueOrDefault(lab) is { } known)
        {
            return known;
        }

        Lab read = planning.Read(source);
        LabRecord record = Found(source, read) with { Allocations = allocations };
        LabEntry entry = Settle(read, record, await planning.CachedImagesAsync(read, record, cancellation), known => known);
        await (await reconciler.AdoptAsync(entry, entry.Plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), cancellation))();
        return entry;
    }

    async Task<MachinePlan> ILabHolder.PlanAsync(LabEntry entry, string machine, MachineRecord record, CancellationToken cancellation) =>
        entry.Plan.Machines.FirstOrDefault(plan => plan.Name == machine) ?? (await planning.LeftoversAsync(entry.Record.With(machine, record), cancellation)).First(plan => plan.Name == machine);

    LabEntry ILabHolder.Entry(string lab) => Entry(lab);

    bool ILabHolder.Holds(LabEntry entry) => labs.GetValueOrDefault(entry.Name) == entry;

    LabGate ILabHolder.Gate(string lab) => Gate(lab);

    void ILabHolder.ForgetIfEmpty(LabEntry entry) => ForgetIfEmpty(entry);

    private LabGate Gate(string lab) => gates.GetOrAdd(lab, _ => new LabGate());

    private LabEntry Entry(string lab) => labs.GetValueOrDefault(lab)
        ?? throw new QemuLabException(ErrorKind.NotFound, "lab-not-found", $"there is no lab '{lab}'", "run: qemulab list");

    private static VirtualMachine Machine(LabEntry entry, string machine) => entry.Find(machine)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{machine}' in lab {entry.Name}", "run: qemulab list");

    /// <summary>A lab without machines is none: its folder goes too. Disks of machines that are not known, because a record was lost, stay.</summary>
    private void ForgetIfEmpty(LabEntry entry, bool purge = false)
    {
        if (entry.Machines.Count == 0 && labs.TryRemove(entry.Name, out _) && (purge || !store.HasDisks(entry.Name)))
        {
            store.Remove(entry.Name);
        }
    }
}
