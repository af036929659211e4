using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Brings labs to what their files ask for: planned, kept, made. Labs come and go here.</summary>
/// <param name="parts">The host, the images.</param>
/// <param name="store">The labs' files.</param>
/// <param name="events">Told of images.</param>
/// <param name="labs">All labs there are.</param>
/// <param name="reconciler">Makes the machines.</param>
/// <param name="planning">Plans them.</param>
/// <param name="unplanned">Labs whose records are kept, but that are not known.</param>
/// <param name="prune">Takes a machine that the file no longer has away.</param>
internal sealed class LabLauncher(
    EngineParts parts, LabStore store, EventLog events, LabRegistry labs, LabReconciler reconciler, LabPlanning planning, UnplannedLabs unplanned, Func<LabEntry, VirtualMachine, Task> prune)
{
    private readonly Lock settling = new();

    /// <summary>What a launch would do; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public async Task<LabPlan> PlanAsync(LabSource source, CancellationToken cancellation)
    {
        await parts.Host.LookAsync(cancellation);
        Lab lab = planning.Read(source);
        LabRecord? record = labs.Find(lab.Name.Value)?.Record ?? unplanned.RecordOf(lab.Name.Value);
        return await planning.PlanAsync(lab, record, cancellation);
    }

    /// <summary>What a launch would change, machine by machine; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    public async Task<IReadOnlyList<MachineDiff>> DiffAsync(LabSource source, CancellationToken cancellation)
    {
        LabPlan plan = await PlanAsync(source, cancellation);
        return LabChanges.Against(labs.Find(plan.Name), plan);
    }

    /// <summary>Gives keys of machines other values than the lab file: what can be is done at once, the rest waits for a restart. The next launch by the file goes back to the file's.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="machines">Which.</param>
    /// <param name="settings">Each <c>key=value</c>, as in a machine's part of the lab file.</param>
    /// <param name="cancellation">Ends the wait for the lab's turn.</param>
    /// <exception cref="LabFileException">A key or a value is wrong.</exception>
    /// <exception cref="QemuLabException">There is no such lab or machine; or the host cannot carry it.</exception>
    public async Task<IReadOnlyList<MachineDiff>> SetAsync(string lab, IReadOnlyList<string> machines, IReadOnlyList<string> settings, CancellationToken cancellation)
    {
        using LabGate.Turn turn = await labs.Gate(lab).EnterAsync(cancellation);
        LabEntry entry = labs.Entry(lab);
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
    public async Task<LaunchOutcome> LaunchAsync(LabSource source, LaunchOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation)
    {
        Lab lab = planning.Read(source);
        string name = lab.Name.Value;
        using IDisposable? subscription = progress is null ? null : events.Subscribe(name, progress);
        await unplanned.RetryAsync(cancellation);
        using LabGate.Turn turn = await labs.Gate(name).EnterAsync(cancellation);
        options.Ensure?.Invoke();
        await parts.Host.LookAsync(turn.Cancellation);

        LabEntry? known = labs.Find(name);
        LabRecord record = (known?.Record ?? unplanned.RecordOf(name))?.Renewed(source, lab) ?? Found(source, lab);
        StartPlan start = await planning.PlanStartAsync(lab, record, turn.Cancellation);
        (record, LabPlan draft) = start;
        MachinePlan[] starting = [.. draft.Machines.Where(plan => known?.Find(plan.Name)?.Status.IsUp != true && MachineLaunches.StartsByLaunch(record, plan))];
        using IDisposable admitted = reconciler.Ledger.Admit(draft, starting, made: starting.Count(plan => !record.Machines.ContainsKey(plan.Name)));
        PublishedPorts.EnsureFree(draft, machine => known?.Find(machine)?.Status.IsUp ?? false);

        var images = new LabImages(parts.Catalog, parts.Images, events);
        IReadOnlyDictionary<string, PlannedImage> planned = await images.EnsureAsync(lab, record.Allocations, turn.Cancellation);
        LabEntry entry = Settle(lab, record, planned, known => known.Renewed(source, lab));
        start.Tell(events, entry);
        unplanned.Forget(name);
        try
        {
            if (known is null)
            {
                await (await reconciler.AdoptAsync(entry, entry.Plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), turn.Cancellation))();
            }

            turn.IsLaunch = true;
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
            entry = labs.GetOrAdd(made);
            isNew = entry == made;
            entry.Plan = plan;
        }

        if (!isNew)
        {
            reconciler.Records.Update(entry, known => renew(known) with { Allocations = allocations });
        }

        return entry;
    }

    /// <summary>The lab; where there is none, a new one without machines.</summary>
    public async Task<LabEntry> ReviveAsync(string lab, LabSource source, LabAllocations allocations, CancellationToken cancellation)
    {
        await unplanned.TakeUpAsync(lab, cancellation);
        if (labs.Find(lab) is { } known)
        {
            return known;
        }

        Lab read = planning.Read(source);
        LabRecord record = Found(source, read) with { Allocations = allocations };
        LabEntry entry = Settle(read, record, await planning.CachedImagesAsync(read, record, cancellation), known => known);
        await (await reconciler.AdoptAsync(entry, entry.Plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), cancellation))();
        return entry;
    }

    /// <summary>A machine's plan: by the lab's file, or by the last one that had it.</summary>
    public async Task<MachinePlan> PlanAsync(LabEntry entry, string machine, MachineRecord record, CancellationToken cancellation) =>
        entry.Plan.Machines.FirstOrDefault(plan => plan.Name == machine) ?? (await planning.LeftoversAsync(entry.Record.With(machine, record), cancellation)).First(plan => plan.Name == machine);

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
            await prune(entry, leftover);
        }

        return outcome with { Leftover = [], Pruned = outcome.Leftover };
    }

    /// <summary>A lab without machines is none: its folder goes too. Disks of machines that are not known, because a record was lost, stay.</summary>
    public void ForgetIfEmpty(LabEntry entry, bool purge = false)
    {
        if (entry.Machines.Count == 0 && labs.Forget(entry) && (purge || !store.HasDisks(entry.Name)))
        {
            store.Remove(entry.Name);
        }
    }

    private static VirtualMachine Machine(LabEntry entry, string machine) => entry.Find(machine)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{machine}' in lab {entry.Name}", "run: qemulab list");
}
