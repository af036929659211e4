using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Finishes or takes back snapshots, and returns to them, that were cut off.</summary>
internal sealed class SnapshotRecovery(EventLog events, SnapshotRemoval removal, LabReturn returns, FileSystemFreeze freeze, HostRoom room, Func<string, LabGate> gateOf)
{
    /// <summary>Finishes or takes back what a daemon that died has left half done.</summary>
    public async Task RunAsync(LabEntry entry)
    {
        if (entry.Record.Snapshots.Values.All(snapshot => snapshot is { State: SnapshotState.Whole, Replaces: null }) && entry.Record.Machines.Values.All(machine => !machine.IsFrozen))
        {
            return;
        }

        using LabGate.Turn turn = await gateOf(entry.Name).EnterAsync(CancellationToken.None);
        await GoOnAsync(entry);
        await freeze.RecoverAsync(entry);
        foreach ((string name, _) in entry.Record.Snapshots.Where(pair => pair.Value is { State: SnapshotState.Whole, Replaces: not null }).ToArray())
        {
            await removal.RemoveReplacedAsync(entry, name);
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
                    await removal.RemoveAsync(entry, name);
                }

                string what = snapshot.State == SnapshotState.Creating ? "was not whole and is removed" : snapshot.State == SnapshotState.Reverting ? "was being returned to, and is now" : "was being removed, and is now";
                events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-recovered", $"snapshot {name} of lab {entry.Name} {what}");
            }
            catch (OperationCanceledException)
            {
                events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"lab {entry.Name} was being put back to snapshot {name} when it was told something else: qemulab rewind {entry.Name} {name} --force puts it back");
                return;
            }
            catch (Exception stuck) when (stuck is QemuLabException or IOException or UnauthorizedAccessException)
            {
                events.Add(LabEventKind.Warning, entry.Name, null, "snapshot-stuck", $"snapshot {name} of lab {entry.Name} is left as it is ({snapshot.State}): {stuck.Message}");
            }
        }
    }

    /// <summary>Takes back what could not be saved whole. Where that needs room on the disk too, it is done when there is some.</summary>
    public async Task TakeBackAsync(LabEntry entry, string name)
    {
        try
        {
            await removal.RemoveAsync(entry, name);
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
        await RunAsync(entry);
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
}
