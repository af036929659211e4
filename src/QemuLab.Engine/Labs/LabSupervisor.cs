using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>All labs of one user: the engine's front door, held by the daemon.</summary>
public sealed class LabSupervisor : IAsyncDisposable
{
    private readonly EngineParts parts;
    private readonly LabStore store;
    private readonly LabReconciler reconciler;
    private readonly ConcurrentDictionary<string, LabEntry> labs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LabGate> gates = new(StringComparer.Ordinal);
    private readonly Lock settling = new();

    public LabSupervisor(EngineParts parts)
    {
        this.parts = parts;
        store = new LabStore(parts.Paths, parts.Clock);
        Events = new EventLog(parts.Clock);
        reconciler = new LabReconciler(parts, store, Events);
        Power = new LabPower(reconciler, Entry, Gate);
        Snapshots = new LabSnapshots(parts, Events, reconciler, Entry, Gate);
        Faults = new LabFaults(parts, Events, lab => Entry(lab).Plan);
        parts.Notices.Listener = (network, word, message) => Events.Add(LabEventKind.Network, network.Lab, null, word, message);
    }

    /// <summary>The host as it was last looked at.</summary>
    public HostFacts Host => parts.Host.Facts;

    public EventLog Events { get; }

    /// <summary>What is made worse on purpose on the labs' networks.</summary>
    public LabFaults Faults { get; }

    /// <summary>What is done to machines that run.</summary>
    public LabPower Power { get; }

    /// <summary>The labs' states that can be returned to.</summary>
    public LabSnapshots Snapshots { get; }

    /// <summary>An immutable snapshot, by name.</summary>
    public IReadOnlyList<LabStatus> Labs => [.. labs.Values.OrderBy(lab => lab.Name, StringComparer.Ordinal).Select(lab => lab.Status() with { Faults = Faults.Of(lab.Name) })];

    /// <summary>The base images that disks of any lab stand on: an image among them must not be removed.</summary>
    public IReadOnlyCollection<string> BackingFilesInUse =>
        [.. labs.Values.SelectMany(lab => lab.Machines).SelectMany(machine => machine.Plan.Disks).Select(disk => disk.BackingPath).OfType<string>().Distinct()];

    /// <summary>Reads what is stored and adopts every machine that runs.</summary>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await parts.Host.LookAsync(cancellation);
        (IReadOnlyDictionary<string, LabRecord> records, IReadOnlyList<(string Lab, string Message)> broken) = store.ReadAll();
        foreach ((string lab, string message) in broken)
        {
            Events.Add(LabEventKind.Warning, lab, null, "record-broken", message);
        }

        // One after another up to the plan, because a lab's plan depends on the subnets and ports of the labs before it.
        var adoptions = new List<Task>();
        foreach ((string name, LabRecord record) in records)
        {
            try
            {
                Lab lab = Read(record.Source);
                LabPlan plan = LabPlanner.Plan(lab, Context(lab, await CachedImagesAsync(lab, record, cancellation), record.Allocations));
                LabEntry entry = labs[name] = new LabEntry(name, record, plan);
                adoptions.Add(reconciler.AdoptAsync(entry, [.. plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), .. await LeftoversAsync(record, cancellation)], cancellation));
            }
            catch (QemuLabException unplannable)
            {
                Events.Add(LabEventKind.Warning, name, null, "lab-unreadable", $"the lab {name} cannot be taken up, its machines are left as they are: {unplannable.Message}");
            }
        }

        await Task.WhenAll(adoptions);
        await Faults.RecallAsync(labs.Keys, cancellation);
        foreach (string name in labs.Keys)
        {
            _ = Snapshots.RecoverAsync(name);
        }
    }

    /// <summary>What a launch would do; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public async Task<LabPlan> PlanAsync(LabSource source, CancellationToken cancellation = default)
    {
        await parts.Host.LookAsync(cancellation);
        Lab lab = Read(source);
        LabRecord? record = labs.GetValueOrDefault(lab.Name.Value)?.Record;
        return LabPlanner.Plan(lab, Context(lab, await CachedImagesAsync(lab, record, cancellation), record?.Allocations));
    }

    /// <summary>Brings the lab to what the file asks for. Cancelling takes back what this call began.</summary>
    public async Task<LaunchOutcome> LaunchAsync(LabSource source, LaunchOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default)
    {
        Lab lab = Read(source);
        string name = lab.Name.Value;
        using IDisposable? subscription = progress is null ? null : Events.Subscribe(name, progress);
        using LabGate.Turn turn = await Gate(name).EnterAsync(cancellation);
        await parts.Host.LookAsync(turn.Cancellation);

        LabEntry? known = labs.GetValueOrDefault(name);
        LabRecord record = known?.Record.Renewed(source, lab) ?? Found(source, lab);
        LabPlan draft = LabPlanner.Plan(lab, Context(lab, await CachedImagesAsync(lab, record, turn.Cancellation), record.Allocations));
        PlanCheck.Ensure(draft);
        PublishedPorts.EnsureFree(draft, machine => known?.Find(machine)?.Status.IsUp ?? false);

        var images = new LabImages(parts.Catalog, parts.Images, Events);
        IReadOnlyDictionary<string, PlannedImage> planned = await images.EnsureAsync(lab, record.Allocations, turn.Cancellation);
        LabEntry entry = Settle(lab, record, planned);
        try
        {
            if (known is null)
            {
                await reconciler.AdoptAsync(entry, entry.Plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), turn.Cancellation);
            }

            return await reconciler.LaunchAsync(entry, options, turn.Cancellation);
        }
        finally
        {
            // A launch that has made nothing leaves nothing, but never takes a disk that was there before.
            if (!store.HasDisks(name))
            {
                ForgetIfEmpty(entry);
            }
        }
    }

    /// <summary>Plans and makes the plan known in one step: of two labs at the same time, the second sees what the first has taken.</summary>
    private LabEntry Settle(Lab lab, LabRecord record, IReadOnlyDictionary<string, PlannedImage> images)
    {
        lock (settling)
        {
            LabPlan plan = LabPlanner.Plan(lab, Context(lab, images, record.Allocations));
            record = record with { Allocations = LabAllocations.Of(plan, LabImages.Substitutes(images), record.Allocations) };
            LabEntry entry = labs.GetOrAdd(lab.Name.Value, name => new LabEntry(name, record, plan));
            (entry.Record, entry.Plan) = (record, plan);
            return entry;
        }
    }

    /// <summary>Stops every machine and removes all that was made on the host; disks stay unless <paramref name="purge"/>.</summary>
    public async Task DownAsync(string lab, bool purge, StopOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default)
    {
        LabEntry entry = Entry(lab);
        using IDisposable? subscription = progress is null ? null : Events.Subscribe(lab, progress);
        using LabGate.Turn turn = await Gate(lab).InterruptAsync(cancellation);
        await Faults.EndAsync(lab);
        await reconciler.DownAsync(entry, purge, options, turn.Cancellation);
        ForgetIfEmpty(entry);
    }

    /// <summary>Starts a stopped machine; waits until it is ready where the options say so.</summary>
    public async Task<MachineLaunch> StartMachineAsync(string lab, string machine, LaunchOptions options, CancellationToken cancellation = default)
    {
        LabEntry entry = Entry(lab);
        MachineLaunch launch;
        using (LabGate.Turn turn = await Gate(lab).EnterAsync(cancellation))
        {
            await parts.Host.LookAsync(turn.Cancellation);
            Lab read = Read(entry.Record.Source);
            entry.Plan = LabPlanner.Plan(read, Context(read, await CachedImagesAsync(read, entry.Record, turn.Cancellation), entry.Record.Allocations));
            launch = await reconciler.StartMachineAsync(entry, Machine(entry, machine), options with { Wait = false }, turn.Cancellation);
        }

        // It is awaited out of turn: the next machine of the lab starts meanwhile.
        return options.Wait ? await reconciler.AwaitReadyAsync(launch, Machine(entry, machine), options, cancellation) : launch;
    }

    /// <summary>Stops a machine; nothing happens where it does not run.</summary>
    public Task StopMachineAsync(string lab, string machine, StopOptions options, CancellationToken cancellation = default)
    {
        LabEntry entry = Entry(lab);
        VirtualMachine known = Machine(entry, machine);
        return known.Status.State is MachineState.Provisioning or MachineState.Starting
            ? throw new QemuLabException(ErrorKind.Conflict, "machine-starting", $"{machine} is {known.Status.State}: it can be stopped once it runs", $"wait a moment, or end the whole launch: qemulab down {lab}")
            : reconciler.StopMachineAsync(entry, known, options, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Faults.Dispose();
        foreach (VirtualMachine machine in labs.Values.SelectMany(lab => lab.Machines))
        {
            await machine.DisposeAsync();
        }
    }

    /// <summary>The plans of machines that the lab's file no longer has, from the last file that had them.</summary>
    private async Task<IReadOnlyList<MachinePlan>> LeftoversAsync(LabRecord record, CancellationToken cancellation)
    {
        var plans = new List<MachinePlan>();
        foreach ((string name, MachineRecord machine) in record.Machines.Where(pair => pair.Value.LeftoverOf is not null))
        {
            Lab old = Read(machine.LeftoverOf!);
            LabPlan plan = LabPlanner.Plan(old, Context(old, await CachedImagesAsync(old, record, cancellation), record.Allocations));
            plans.AddRange(plan.Machines.Where(candidate => candidate.Name == name));
        }

        return plans;
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

    private Lab Read(LabSource source) => LabReader.Read(source, parts.Catalog.Images).LabOrThrow();

    private PlanContext Context(Lab lab, IReadOnlyDictionary<string, PlannedImage> images, LabAllocations? allocations)
    {
        LabEntry[] others = [.. labs.Values.Where(other => other.Name != lab.Name.Value)];
        return new PlanContext
        {
            Host = parts.Host.Facts,
            Paths = parts.Paths,
            Images = images,
            Allocations = allocations ?? LabAllocations.None,
            SubnetsOfOtherLabs = [.. others.SelectMany(other => other.Plan.Networks, (other, network) => new SubnetUse(network.Subnet, $"lab {other.Name}"))],
            PortsInUse = new(() => HostPorts.Listening().Concat(others.SelectMany(other => other.Plan.Machines).Select(machine => machine.SshPort)).ToHashSet()),
        };
    }

    private Task<IReadOnlyDictionary<string, PlannedImage>> CachedImagesAsync(Lab lab, LabRecord? record, CancellationToken cancellation) =>
        new LabImages(parts.Catalog, parts.Images, Events).FindCachedAsync(lab, record?.Allocations ?? LabAllocations.None, cancellation);

    private LabGate Gate(string lab) => gates.GetOrAdd(lab, _ => new LabGate());

    private LabEntry Entry(string lab) => labs.GetValueOrDefault(lab)
        ?? throw new QemuLabException(ErrorKind.NotFound, "lab-not-found", $"there is no lab '{lab}'", "run: qemulab list");

    private static VirtualMachine Machine(LabEntry entry, string machine) => entry.Find(machine)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{machine}' in lab {entry.Name}", "run: qemulab list");

    /// <summary>A lab without machines is none: its folder goes too.</summary>
    private void ForgetIfEmpty(LabEntry entry)
    {
        if (entry.Machines.Count == 0 && labs.TryRemove(entry.Name, out _))
        {
            store.Remove(entry.Name);
        }
    }
}
