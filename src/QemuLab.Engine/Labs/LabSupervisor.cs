using QemuLab.Engine.Consoles;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>All labs of one user: the engine's front door, held by the daemon.</summary>
public sealed class LabSupervisor : IAsyncDisposable
{
    /// <summary>How long a start waits for networks to be mended and for guests to say that they are ready: the machines are known before.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMilliseconds(300);

    private readonly EngineParts parts;
    private readonly LabStore store;
    private readonly LabReconciler reconciler;
    private readonly UnplannedLabs unplanned;
    private readonly LabPlanning planning;
    private readonly LabMachines machines;
    private readonly LabRegistry labs = new();
    private readonly LabLauncher launcher;
    private readonly RunStrategyController strategies;
    private readonly HostSleep sleep;
    private readonly LogWatch logs;

    public LabSupervisor(EngineParts parts)
    {
        this.parts = parts;
        store = new LabStore(parts.Paths, parts.Clock);
        Events = new EventLog(parts.Clock);
        reconciler = new LabReconciler(parts, store, Events, () => labs.Machines) { SnapshotForStage = (lab, name, cancellation) => Snapshots!.CreateForStageAsync(lab, name, cancellation) };
        unplanned = new UnplannedLabs(parts, Events, labs.Gate, TakeUpAsync);
        planning = new LabPlanning(parts, Events, labs, unplanned, reconciler.Ledger);
        launcher = new LabLauncher(parts, store, Events, labs, reconciler, planning, unplanned, (entry, machine) => Trash!.DeleteAsync(entry, machine));
        var plans = new PlanRenewal(parts, Events, planning, reconciler.Records);
        machines = new LabMachines(reconciler, plans, labs);
        Power = new LabPower(reconciler, labs.Entry, labs.Gate);
        Goals = new MachineGoals(machines, Power, labs);
        Batch = new MachineBatch(machines, reconciler, labs.Entry, parts.Clock);
        Snapshots = new LabSnapshots(parts, Events, reconciler, plans, labs.Entry, labs.Gate);
        Trash = new LabTrash(parts, Events, reconciler, labs, launcher, store.Reserve);
        Faults = new LabFaults(parts, Events, lab => labs.Entry(lab).Plan);
        Usage = new LabUsage(parts, labs);
        Hooks = new LabHooks(parts, Events, labs);
        strategies = new RunStrategyController(parts.Clock, Events, reconciler.Records, machines.StartAgainAsync, Random.Shared.NextDouble);
        sleep = new HostSleep(parts.Clock, SetClocksAsync);
        logs = new LogWatch(parts.Clock, () => labs.Machines.Where(machine => machine.Status.IsUp).Select(machine => machine.Plan.Directory));
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

    /// <summary>Machines brought to a state, whichever they are in.</summary>
    public MachineGoals Goals { get; }

    /// <summary>Several machines at once, in their order.</summary>
    public MachineBatch Batch { get; }

    /// <summary>The labs' states that can be returned to.</summary>
    public LabSnapshots Snapshots { get; }

    /// <summary>Machines that were deleted.</summary>
    public LabTrash Trash { get; }

    /// <summary>What machines take of the host.</summary>
    public LabUsage Usage { get; }

    /// <summary>What is done on this host when something happens to them.</summary>
    public LabHooks Hooks { get; }

    /// <summary>An immutable snapshot, by name.</summary>
    public IReadOnlyList<LabStatus> Labs => [.. labs.All.Select(lab => lab.Status(Faults.Of(lab.Name)))];

    /// <summary>Labs that are kept, but that this host cannot carry now.</summary>
    public IReadOnlyList<UnplannedLab> Unplanned => unplanned.All;

    /// <summary>The base images that disks of any lab stand on: an image among them must not be removed.</summary>
    public IReadOnlyCollection<string> BackingFilesInUse =>
        [.. labs.Machines.SelectMany(machine => machine.Plan.Disks).Select(disk => disk.BackingPath).OfType<string>().Concat(Trash.BackingPaths).Distinct()];

    /// <summary>What a lab was last brought to.</summary>
    /// <exception cref="QemuLabException">There is no such lab.</exception>
    public LabSource SourceOf(string lab) => labs.Entry(lab).Record.Source;

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
        IEnumerable<Task> settled = labs.Machines.Select(machine => machine.WhenAsync(MachineLaunches.IsSettled, limit.Token));
        await Task.WhenAll([.. entries.Zip(mends, MendInTurnAsync), .. settled]).WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (LabEntry entry in labs.All)
        {
            Hooks.Open(entry.Name);
            _ = Snapshots.RecoverAsync(entry.Name);
        }

        strategies.Open(labs.All);
        sleep.Begin();
        logs.Begin();
    }

    /// <summary>Plans a lab by its record and makes it known.</summary>
    /// <exception cref="QemuLabException">The host cannot carry it, or its file is none any more: nothing is known of it then.</exception>
    private async Task<(LabEntry Entry, Task<Func<Task>> Adoption)> BeginAdoptionAsync(string name, LabRecord record, CancellationToken cancellation)
    {
        LabPlan plan = await planning.PlanAsync(planning.Read(record.Source), record, cancellation);
        IReadOnlyList<MachinePlan> leftovers = await planning.LeftoversAsync(record, cancellation);
        LabEntry entry = labs.GetOrAdd(new LabEntry(name, record, plan));
        Hooks.Load(name);
        return (entry, reconciler.AdoptAsync(entry, [.. plan.Machines.Where(machine => record.Machines.ContainsKey(machine.Name)), .. leftovers], cancellation));
    }

    /// <summary>Takes up a lab that could not be planned before, as the start would have. The caller has its turn.</summary>
    private async Task TakeUpAsync(string name, LabRecord record, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        (LabEntry entry, Task<Func<Task>> adoption) = await BeginAdoptionAsync(name, record, CancellationToken.None);
        await (await adoption)();
        Hooks.Open(name);
        await Faults.RecallAsync([name], CancellationToken.None);
        _ = Snapshots.RecoverAsync(name);
        strategies.Open([entry]);
    }

    /// <summary>Looks at the host anew, and takes up the labs that it could not carry and now can.</summary>
    public Task RetryAsync(CancellationToken cancellation = default) => unplanned.RetryAsync(cancellation);

    /// <inheritdoc cref="LabLauncher.PlanAsync(LabSource, CancellationToken)"/>
    public Task<LabPlan> PlanAsync(LabSource source, CancellationToken cancellation = default) => launcher.PlanAsync(source, cancellation);

    /// <inheritdoc cref="LabLauncher.DiffAsync"/>
    public Task<IReadOnlyList<MachineDiff>> DiffAsync(LabSource source, CancellationToken cancellation = default) => launcher.DiffAsync(source, cancellation);

    /// <inheritdoc cref="LabLauncher.SetAsync"/>
    public Task<IReadOnlyList<MachineDiff>> SetAsync(string lab, IReadOnlyList<string> machines, IReadOnlyList<string> settings, CancellationToken cancellation = default) =>
        launcher.SetAsync(lab, machines, settings, cancellation);

    /// <inheritdoc cref="LabLauncher.LaunchAsync"/>
    public Task<LaunchOutcome> LaunchAsync(LabSource source, LaunchOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default) =>
        launcher.LaunchAsync(source, options, progress, cancellation);

    /// <summary>Stops every machine and removes all that was made on the host; disks stay unless <paramref name="purge"/>.</summary>
    public async Task DownAsync(string lab, bool purge, StopOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default)
    {
        LabEntry before = labs.Entry(lab);
        using IDisposable? subscription = progress is null ? null : Events.Subscribe(lab, progress);
        using LabGate.Turn turn = await labs.Gate(lab).InterruptAsync(cancellation);

        // A launch of a new lab that was ended by this has taken itself back.
        LabEntry entry = labs.Find(lab) ?? before;
        await Faults.EndAsync(lab);
        await reconciler.DownAsync(entry, purge, options, turn.Cancellation);
        launcher.ForgetIfEmpty(entry, purge);
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
        logs.Dispose();
        foreach (VirtualMachine machine in labs.Machines)
        {
            await machine.DisposeAsync();
        }

        await Hooks.DisposeAsync();
        await reconciler.Records.SettledAsync();
    }

    /// <summary>The host was asleep, or its clock was set: guests whose clocks have not followed are told the time.</summary>
    private Task SetClocksAsync(TimeSpan jump) => Task.WhenAll(labs.All.Where(entry => entry.AnyUp).Select(entry =>
    {
        string what = jump > TimeSpan.Zero ? "the host was asleep, or its clock was set ahead" : "the host's clock was set back";
        Events.Add(LabEventKind.State, entry.Name, null, "ClockJumped", $"{what}, by {TimeSpan.FromSeconds(Math.Round(jump.Duration().TotalSeconds)):c}; the machines' clocks are set");
        return Task.WhenAll(entry.Machines.Where(machine => machine.Status is { State: MachineState.Running, Phase: BootPhase.Ready }).Select(machine => reconciler.Launcher.Memory.SetClockAsync(machine, CancellationToken.None)));
    }));

    private void OnChange(MachineStatus before, MachineStatus now)
    {
        if (labs.Find(now.Lab) is { } entry && entry.Find(now.Name) is { } machine)
        {
            Hooks.OnChange(entry, now);
            strategies.OnChange(entry, machine, before, now);
        }
    }

    /// <summary>Changes of the lab wait for it; who only looks does not.</summary>
    private async Task MendInTurnAsync(LabEntry entry, Func<Task> mend)
    {
        using LabGate.Turn turn = await labs.Gate(entry.Name).EnterAsync(CancellationToken.None);
        await mend();
        await Faults.RecallAsync([entry.Name], CancellationToken.None);
    }
}
