using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Takes snapshots out of the disks and the record, so that a removal that was cut off can be done again.</summary>
internal sealed class SnapshotRemoval(EventLog events, LabRecords records, MachineSnapshots machines)
{
    /// <summary>Takes a whole one away, or what there is of one. Idempotent. One that never became whole leaves the one whose place it was to take.</summary>
    /// <exception cref="QemuLabException">It cannot be taken out of a disk; the record says so until it is.</exception>
    public async Task RemoveAsync(LabEntry entry, string name)
    {
        SnapshotRecord snapshot = entry.Record.Snapshots[name];
        SnapshotRecord? left = snapshot.State == SnapshotState.Creating ? snapshot.Replaces : null;
        if (snapshot.State != SnapshotState.Creating)
        {
            records.Update(entry, record => record.WithSnapshot(name, snapshot with { State = SnapshotState.Deleting }));
        }

        FaultPoint.Reach("snapshot-removing");
        await RemoveFromDisksAsync(entry, name, snapshot);
        if (left is null && snapshot.Replaces is { } replaced)
        {
            await RemoveFromDisksAsync(entry, name, replaced);
        }

        FaultPoint.Reach("snapshot-removed");
        records.Update(entry, record => left is null ? record.WithoutSnapshot(name) : record.WithSnapshot(name, left));
    }

    /// <summary>Takes the old one of a name out of the disks, once the new one is whole. Where that fails, it is told, and the next daemon tries again.</summary>
    public async Task RemoveReplacedAsync(LabEntry entry, string name)
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
            records.Update(entry, record => record.WithSnapshot(name, snapshot with { Replaces = null }));
        }
        catch (Exception stuck) when (stuck is QemuLabException or IOException)
        {
            events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"the former snapshot {name} of lab {entry.Name} still takes room in the disks: {stuck.Message}");
        }
    }

    private Task RemoveFromDisksAsync(LabEntry entry, string name, SnapshotRecord snapshot) =>
        Task.WhenAll(snapshot.Machines.Select(held => entry.Find(held.Key) is { } machine ? machines.DoAsync(SnapshotAction.Delete, machine, held.Value.TagOf(name), CancellationToken.None) : Task.CompletedTask));
}
