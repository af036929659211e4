using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Snapshots of whole labs at one instant: all machines stand still, all are saved, all go on. What is meant to happen is
/// written down first, so that a daemon that dies in between leaves what its successor can finish or take back.
/// </summary>
public sealed class LabSnapshots
{
    private const string MachineBusy = "machine-busy";

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(500);

    private readonly EngineParts parts;
    private readonly EventLog events;
    private readonly LabReconciler reconciler;
    private readonly Func<string, LabEntry> entryOf;
    private readonly Func<string, LabGate> gateOf;
    private readonly LabSave saves;
    private readonly LabReturn returns;
    private readonly SnapshotRemoval removal;
    private readonly SnapshotRecovery recovery;

    /// <param name="parts">QEMU and qemu-img, the clock.</param>
    /// <param name="events">Told of what is taken, removed and returned to.</param>
    /// <param name="reconciler">Starts machines that a snapshot wants to run; keeps the records.</param>
    /// <param name="plans">Renews a lab's plan where machines are to be started.</param>
    /// <param name="entryOf">A lab; throws where there is none.</param>
    /// <param name="gateOf">One change of a lab at a time.</param>
    internal LabSnapshots(EngineParts parts, EventLog events, LabReconciler reconciler, PlanRenewal plans, Func<string, LabEntry> entryOf, Func<string, LabGate> gateOf)
    {
        (this.parts, this.events, this.reconciler, this.entryOf, this.gateOf) = (parts, events, reconciler, entryOf, gateOf);
        MachineSnapshots machines = reconciler.Launcher.Memory.Snapshots;
        var freeze = new FileSystemFreeze(reconciler.Records, events, parts.Clock);
        saves = new LabSave(events, reconciler, machines, freeze);
        returns = new LabReturn(events, reconciler, plans, machines);
        removal = new SnapshotRemoval(events, reconciler.Records, machines);
        recovery = new SnapshotRecovery(events, removal, returns, freeze, new HostRoom(parts.Clock), gateOf);
    }

    /// <summary>A lab's snapshots, the oldest first.</summary>
    /// <exception cref="QemuLabException">There is no such lab.</exception>
    public IReadOnlyList<SnapshotStatus> Of(string lab)
    {
        LabRecord record = entryOf(lab).Record;
        return [.. record.Snapshots.OrderBy(pair => pair.Value.CreatedAt).Select(pair => new SnapshotStatus(lab, pair.Key, pair.Key == record.CurrentSnapshot, pair.Value))];
    }

    /// <summary>Takes one of all machines: of those that run with their memory, unless told otherwise, of the others their disks.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="name">The snapshot's.</param>
    /// <param name="options">How; null: with memory, under a name that is free.</param>
    /// <param name="cancellation">Takes back what was begun.</param>
    /// <exception cref="QemuLabException">The name is taken, a machine is coming or going, or QEMU could not; nothing is left of it then.</exception>
    public async Task<SnapshotStatus> CreateAsync(string lab, string name, SnapshotOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SnapshotOptions();
        SnapshotName.Check(name);
        if (options is { DiskOnly: true, Compress: true })
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", "a snapshot without memory has none to compress", "take it with memory, or not compressed");
        }

        using LabGate.Turn turn = await gateOf(lab).EnterAsync(cancellation);
        return await CreateInTurnAsync(lab, name, options, turn);
    }

    /// <summary>Takes one with memory for a machine's stage, in the place of the one of that name; waits until all machines of the lab can be saved.</summary>
    /// <exception cref="QemuLabException">QEMU could not; nothing is left of it then.</exception>
    internal async Task CreateForStageAsync(string lab, string name, CancellationToken cancellation)
    {
        SnapshotName.Check(name);
        while (true)
        {
            try
            {
                using LabGate.Turn turn = await gateOf(lab).EnterBesideLaunchAsync(cancellation);
                await CreateInTurnAsync(lab, name, new SnapshotOptions("a stage asked for it", Replace: true), turn);
                return;
            }
            catch (QemuLabException busy) when (busy.Code == MachineBusy)
            {
                await Task.Delay(BusyPause, parts.Clock, cancellation);
            }
        }
    }

    private async Task<SnapshotStatus> CreateInTurnAsync(string lab, string name, SnapshotOptions options, LabGate.Turn turn)
    {
        LabEntry entry = entryOf(lab);
        bool isTaken = entry.Record.Snapshots.ContainsKey(name);
        if (isTaken && !options.Replace)
        {
            throw new QemuLabException(ErrorKind.Conflict, "snapshot-exists", $"lab {lab} has a snapshot {name} already", $"take another name, or remove it: qemulab snapshot delete {name}");
        }

        VirtualMachine[] saved = [.. entry.Machines.Where(machine => machine.Running is not null || MachineSnapshots.HasDisks(machine.Plan))];
        EnsureSettled(saved);
        EnsureRoom(saved);
        if (isTaken && entry.Record.Snapshots[name].State == SnapshotState.Whole)
        {
            await removal.RemoveReplacedAsync(entry, name);
            if (entry.Record.Snapshots[name].Replaces is not null)
            {
                throw new QemuLabException(ErrorKind.Failed, "snapshot-stuck", $"the one that snapshot {name} has replaced is still in the disks, and cannot be removed", "is the disk full? Make room, and try again");
            }
        }
        else if (isTaken)
        {
            // What could not be finished or taken back before.
            await removal.RemoveAsync(entry, name);
        }

        SnapshotRecord snapshot = saves.Begin(entry, name, saved, options);
        try
        {
            snapshot = await saves.RunAsync(entry, name, snapshot, saved, options.DiskOnly, turn.Cancellation);
        }
        catch
        {
            await recovery.TakeBackAsync(entry, name);
            throw;
        }

        reconciler.Records.Update(entry, record => record.WithTaken(name, snapshot));
        await removal.RemoveReplacedAsync(entry, name);
        events.Add(LabEventKind.Snapshot, lab, null, "Taken", name);
        return Of(lab).First(status => status.Name == name);
    }

    /// <summary>Puts machines back to a snapshot, all at one instant, and waits until those that ran are ready.</summary>
    /// <exception cref="QemuLabException">There is no such snapshot, machines run and it is not forced, or a machine is another one than then; nothing is changed then.</exception>
    public async Task<ReturnOutcome> ReturnAsync(string lab, string name, ReturnOptions options, IProgress<LabEvent>? progress = null, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        using IDisposable? subscription = progress is null ? null : events.Subscribe(lab, progress);
        using LabGate.Turn turn = await gateOf(lab).EnterAsync(cancellation);
        await parts.Host.LookAsync(turn.Cancellation);
        SnapshotRecord snapshot = Find(entry, name);
        return await returns.RunAsync(entry, name, snapshot, options, turn.Cancellation);
    }

    /// <summary>Removes one; the lab goes on as it is.</summary>
    /// <exception cref="QemuLabException">There is no such snapshot.</exception>
    public async Task DeleteAsync(string lab, string name, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        using LabGate.Turn turn = await gateOf(lab).EnterAsync(cancellation);
        Find(entry, name);
        EnsureSettled(entry.Machines);
        await removal.RemoveAsync(entry, name);
        events.Add(LabEventKind.Snapshot, lab, null, "Removed", name);
    }

    /// <summary>Finishes or takes back what a daemon that died has left half done.</summary>
    internal Task RecoverAsync(string lab) => recovery.RunAsync(entryOf(lab));

    private static SnapshotRecord Find(LabEntry entry, string name)
    {
        if (entry.Record.Snapshots.TryGetValue(name, out SnapshotRecord? found))
        {
            return found;
        }

        string? nearest = NearestName.Of(name, entry.Record.Snapshots.Keys);
        throw new QemuLabException(ErrorKind.NotFound, "snapshot-not-found", $"lab {entry.Name} has no snapshot '{name}'",
            nearest is not null ? $"did you mean {nearest}?" : entry.Record.Snapshots.Count > 0 ? $"it has: {string.Join(", ", entry.Record.Snapshots.Keys)}" : "take one: qemulab snapshot create NAME");
    }

    /// <summary>A machine that comes or goes cannot be saved as anything.</summary>
    private static void EnsureSettled(IEnumerable<VirtualMachine> machines)
    {
        if (machines.FirstOrDefault(machine => machine.Status.State is not (MachineState.Running or MachineState.Paused or MachineState.Stopped or MachineState.Failed or MachineState.CrashLoopBackOff)) is { } busy)
        {
            throw new QemuLabException(ErrorKind.Conflict, MachineBusy, $"{busy.Plan.Name} is {busy.Status.State}", "try again when it runs or is stopped: qemulab list");
        }
    }

    private static void EnsureRoom(IEnumerable<VirtualMachine> machines)
    {
        if (machines.FirstOrDefault(machine => !HostRoom.IsThere(machine.Plan)) is { } full)
        {
            throw new QemuLabException(ErrorKind.Failed, "disk-full", $"there is no room for a snapshot where the disks are: {full.Plan.Directory.Path}", "make room, or remove older snapshots: qemulab snapshot list");
        }
    }
}
