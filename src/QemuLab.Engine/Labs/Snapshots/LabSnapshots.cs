using QemuLab.Engine.Hosts;
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
    private readonly MachineSnapshots machines;
    private readonly FileSystemFreeze freeze;
    private readonly LabSave saves;
    private readonly LabReturn returns;
    private readonly HostRoom room;

    /// <param name="parts">QEMU and qemu-img, the clock.</param>
    /// <param name="events">Told of what is taken, removed and returned to.</param>
    /// <param name="reconciler">Starts machines that a snapshot wants to run; keeps the records.</param>
    /// <param name="plans">Renews a lab's plan where machines are to be started.</param>
    /// <param name="entryOf">A lab; throws where there is none.</param>
    /// <param name="gateOf">One change of a lab at a time.</param>
    internal LabSnapshots(EngineParts parts, EventLog events, LabReconciler reconciler, PlanRenewal plans, Func<string, LabEntry> entryOf, Func<string, LabGate> gateOf)
    {
        (this.parts, this.events, this.reconciler, this.entryOf, this.gateOf) = (parts, events, reconciler, entryOf, gateOf);
        machines = reconciler.Launcher.Memory.Snapshots;
        freeze = new FileSystemFreeze(reconciler.Records, events, parts.Clock);
        saves = new LabSave(events, reconciler, machines, freeze);
        returns = new LabReturn(events, reconciler, plans, machines);
        room = new HostRoom(parts.Clock);
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
            await RemoveReplacedAsync(entry, name);
            if (entry.Record.Snapshots[name].Replaces is not null)
            {
                throw new QemuLabException(ErrorKind.Failed, "snapshot-stuck", $"the one that snapshot {name} has replaced is still in the disks, and cannot be removed", "is the disk full? Make room, and try again");
            }
        }
        else if (isTaken)
        {
            // What could not be finished or taken back before.
            await RemoveAsync(entry, name);
        }

        SnapshotRecord snapshot = saves.Begin(entry, name, saved, options);
        try
        {
            snapshot = await saves.RunAsync(entry, name, snapshot, saved, options.DiskOnly, turn.Cancellation);
        }
        catch
        {
            await TakeBackAsync(entry, name);
            throw;
        }

        reconciler.Records.Update(entry, record => record.WithTaken(name, snapshot));
        await RemoveReplacedAsync(entry, name);
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
        await RemoveAsync(entry, name);
        events.Add(LabEventKind.Snapshot, lab, null, "Removed", name);
    }

    /// <summary>Finishes or takes back what a daemon that died has left half done.</summary>
    internal async Task RecoverAsync(string lab)
    {
        LabEntry entry = entryOf(lab);
        if (entry.Record.Snapshots.Values.All(snapshot => snapshot is { State: SnapshotState.Whole, Replaces: null }) && entry.Record.Machines.Values.All(machine => !machine.IsFrozen))
        {
            return;
        }

        using LabGate.Turn turn = await gateOf(lab).EnterAsync(CancellationToken.None);
        await GoOnAsync(entry);
        await freeze.RecoverAsync(entry);
        foreach ((string name, _) in entry.Record.Snapshots.Where(pair => pair.Value is { State: SnapshotState.Whole, Replaces: not null }).ToArray())
        {
            await RemoveReplacedAsync(entry, name);
        }

        foreach ((string name, SnapshotRecord snapshot) in entry.Record.Snapshots.Where(pair => pair.Value.State != SnapshotState.Whole).ToArray())
        {
            try
            {
                if (snapshot.State == SnapshotState.Reverting)
                {
                    await returns.RunAsync(entry, name, snapshot, new ReturnOptions(Force: true, snapshot.Returning, Wait: false), turn.Cancellation);
                }
                else
                {
                    await RemoveAsync(entry, name);
                }

                string what = snapshot.State == SnapshotState.Creating ? "was not whole and is removed" : snapshot.State == SnapshotState.Reverting ? "was being returned to, and is now" : "was being removed, and is now";
                events.Add(LabEventKind.Warning, lab, null, "snapshot-recovered", $"snapshot {name} of lab {lab} {what}");
            }
            catch (OperationCanceledException)
            {
                events.Add(LabEventKind.Warning, lab, null, "snapshot-stuck", $"lab {lab} was being put back to snapshot {name} when it was told something else: qemulab rewind {lab} {name} --force puts it back");
                return;
            }
            catch (Exception stuck) when (stuck is QemuLabException or IOException or UnauthorizedAccessException)
            {
                events.Add(LabEventKind.Warning, lab, null, "snapshot-stuck", $"snapshot {name} of lab {lab} is left as it is ({snapshot.State}): {stuck.Message}");
            }
        }
    }

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

    /// <summary>Takes back what could not be saved whole. Where that needs room on the disk too, it is done when there is some.</summary>
    private async Task TakeBackAsync(LabEntry entry, string name)
    {
        try
        {
            await RemoveAsync(entry, name);
        }
        catch (Exception stuck) when (stuck is QemuLabException or IOException)
        {
            events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"what was begun of snapshot {name} of lab {entry.Name} is removed when there is room: {stuck.Message}");
            _ = TakeBackLaterAsync(entry);
        }
    }

    private async Task TakeBackLaterAsync(LabEntry entry)
    {
        await room.AwaitAsync(entry.Machines[0].Plan, CancellationToken.None);
        await RecoverAsync(entry.Name);
    }

    /// <summary>Machines that a broken attempt has left standing still go on.</summary>
    private async Task GoOnAsync(LabEntry entry)
    {
        IEnumerable<VirtualMachine> left = entry.Record.Snapshots.Values
            .Where(snapshot => snapshot.State == SnapshotState.Creating)
            .SelectMany(snapshot => snapshot.Machines.Where(held => !held.Value.WasPaused).Select(held => entry.Find(held.Key)).OfType<VirtualMachine>())
            .Where(machine => machine.Status.State == MachineState.Paused);
        foreach (IRunningMachine running in left.Select(machine => machine.Running).OfType<IRunningMachine>())
        {
            try
            {
                await running.ContinueAsync(CancellationToken.None);
            }
            catch (QemuLabException stuck)
            {
                events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"a machine that stood still for a snapshot does not go on: {stuck.Message}");
            }
        }
    }

    /// <summary>Idempotent. One that never became whole leaves the one whose place it was to take.</summary>
    private async Task RemoveAsync(LabEntry entry, string name)
    {
        SnapshotRecord snapshot = entry.Record.Snapshots[name];
        SnapshotRecord? left = snapshot.State == SnapshotState.Creating ? snapshot.Replaces : null;
        if (snapshot.State != SnapshotState.Creating)
        {
            reconciler.Records.Update(entry, record => record.WithSnapshot(name, snapshot with { State = SnapshotState.Deleting }));
        }

        FaultPoint.Reach("snapshot-removing");
        await RemoveFromDisksAsync(entry, name, snapshot);
        if (left is null && snapshot.Replaces is { } replaced)
        {
            await RemoveFromDisksAsync(entry, name, replaced);
        }

        FaultPoint.Reach("snapshot-removed");
        reconciler.Records.Update(entry, record => left is null ? record.WithoutSnapshot(name) : record.WithSnapshot(name, left));
    }

    /// <summary>Takes the old one of a name out of the disks, once the new one is whole. Where that fails, the next daemon tries again.</summary>
    private async Task RemoveReplacedAsync(LabEntry entry, string name)
    {
        SnapshotRecord snapshot = entry.Record.Snapshots[name];
        if (snapshot.Replaces is not { } replaced)
        {
            return;
        }

        try
        {
            FaultPoint.Reach("snapshot-replacing");
            await RemoveFromDisksAsync(entry, name, replaced);
            reconciler.Records.Update(entry, record => record.WithSnapshot(name, snapshot with { Replaces = null }));
        }
        catch (Exception stuck) when (stuck is QemuLabException or IOException)
        {
            events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"the former snapshot {name} of lab {entry.Name} still takes room in the disks: {stuck.Message}");
        }
    }

    private Task RemoveFromDisksAsync(LabEntry entry, string name, SnapshotRecord snapshot) =>
        Task.WhenAll(snapshot.Machines.Select(held => entry.Find(held.Key) is { } machine ? machines.DoAsync(SnapshotAction.Delete, machine, held.Value.TagOf(name), CancellationToken.None) : Task.CompletedTask));
}
