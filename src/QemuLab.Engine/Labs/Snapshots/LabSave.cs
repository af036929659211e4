using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Saves machines at one instant: all stand still, all are saved, all go on. Without memory, guests that can are asked to hold their file systems meanwhile.</summary>
internal sealed class LabSave(EventLog events, LabReconciler reconciler, MachineSnapshots snapshots, FileSystemFreeze freeze)
{
    /// <summary>Writes down what is meant to happen.</summary>
    public SnapshotRecord Begin(LabEntry entry, string name, IReadOnlyList<VirtualMachine> saved, SnapshotOptions options)
    {
        SnapshotRecord? replaced = entry.Record.Snapshots.GetValueOrDefault(name);
        Dictionary<string, MachineSnapshot> machines = saved.ToDictionary(machine => machine.Plan.Name, machine => Described(entry, machine, options) with
        {
            Tag = replaced?.Machines.GetValueOrDefault(machine.Plan.Name) is { } before ? SnapshotName.TagBeside(name, before.TagOf(name)) : null,
        });
        var begun = new SnapshotRecord(
            SnapshotState.Creating, reconciler.Clock.GetUtcNow(), machines, options.Description, entry.Record.CurrentSnapshot == name ? replaced?.Parent : entry.Record.CurrentSnapshot, Replaces: replaced);
        reconciler.Records.Update(entry, record => FileSystemFreeze.Marked(record.WithSnapshot(name, begun), Asked(saved, begun)));
        return begun;
    }

    /// <summary>Does it.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="name">The snapshot's.</param>
    /// <param name="begun">What was written down.</param>
    /// <param name="saved">The machines.</param>
    /// <param name="diskOnly">Without the memory of those that run.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <returns>The whole snapshot; it is not yet written down as that.</returns>
    public async Task<SnapshotRecord> RunAsync(LabEntry entry, string name, SnapshotRecord begun, IReadOnlyList<VirtualMachine> saved, bool diskOnly, CancellationToken cancellation)
    {
        VirtualMachine[] asked = Asked(saved, begun);
        var described = new Dictionary<string, MachineSnapshot>(begun.Machines);
        string?[] faults = await SaveAsync(entry, name, begun, saved, asked, diskOnly, cancellation);
        for (int i = 0; i < asked.Length; i++)
        {
            string machine = asked[i].Plan.Name;
            described[machine] = described[machine] with { Consistency = faults[i] is null ? DiskConsistency.FileSystem : DiskConsistency.Crash, Detail = faults[i] };
            if (faults[i] is not null)
            {
                events.Add(LabEventKind.Warning, entry.Name, machine, "crash-consistent", $"snapshot {name} has the disks of {machine} as after a power failure: {faults[i]}");
            }
        }

        long[] sizes = await Task.WhenAll(saved.Select(machine => snapshots.MemoryBytesAsync(machine.Plan, begun.Machines[machine.Plan.Name].TagOf(name), CancellationToken.None)));
        return begun with
        {
            State = SnapshotState.Whole,
            Machines = saved.Zip(sizes).ToDictionary(pair => pair.First.Plan.Name, pair => described[pair.First.Plan.Name] with { MemoryBytes = pair.Second }),
        };
    }

    /// <summary>Those whose guests are asked to hold their file systems.</summary>
    private static VirtualMachine[] Asked(IEnumerable<VirtualMachine> saved, SnapshotRecord begun) =>
        [.. saved.Where(machine => begun.Machines[machine.Plan.Name] is { Boots: true, Detail: null })];

    private static MachineSnapshot Described(LabEntry entry, VirtualMachine machine, SnapshotOptions options)
    {
        bool isUp = machine.Running is not null, boots = isUp && options.DiskOnly;
        return new MachineSnapshot(
            isUp && !options.DiskOnly,
            entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Fingerprint ?? "",
            machine.Status.State == MachineState.Paused,
            Consistency: boots ? DiskConsistency.Crash : null,
            Detail: boots ? FileSystemFreeze.WhyNotAsked(machine) : null,
            WasReady: !boots && machine.Status.Phase == BootPhase.Ready,
            IsCompressed: isUp && options.Compress,
            Stage: isUp && !boots ? machine.Status.Stages?.Next : null);
    }

    /// <summary>All stand still, all are saved, all go on: no packet of one is in the other's future.</summary>
    /// <returns>For each that was asked to hold its file systems: why it may not have; null where it has.</returns>
    private async Task<string?[]> SaveAsync(LabEntry entry, string name, SnapshotRecord begun, IReadOnlyList<VirtualMachine> saved, VirtualMachine[] asked, bool diskOnly, CancellationToken cancellation)
    {
        VirtualMachine[] halted = [.. saved.Where(machine => machine.Status.State == MachineState.Running && machine.Running is not null)];
        string?[] faults;
        bool?[] held = [];
        try
        {
            FaultPoint.Reach("snapshot-begun");
            faults = await Task.WhenAll(asked.Select(machine => FileSystemFreeze.FreezeAsync(machine, cancellation)));
            FaultPoint.Reach("snapshot-frozen");
            await Task.WhenAll(halted.Select(machine => Standstill.BeginAsync(machine, cancellation)));
            FaultPoint.Reach("snapshot-halted");
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(saved.Select(machine => (Machine: machine, Held: begun.Machines[machine.Plan.Name])).Select(save =>
                snapshots.DoAsync(diskOnly ? SnapshotAction.SaveDisks : save.Held.IsCompressed ? SnapshotAction.SaveCompressed : SnapshotAction.Save, save.Machine, save.Held.TagOf(name), CancellationToken.None)));
            FaultPoint.Reach("snapshot-saved");
        }
        finally
        {
            try
            {
                await Task.WhenAll(halted.Select(Standstill.EndAsync));
            }
            finally
            {
                FaultPoint.Reach("snapshot-continued");
                held = await Task.WhenAll(asked.Select(machine => freeze.ThawAsync(entry, machine)));

                // While memories are saved, no time passes for the guests.
                IEnumerable<VirtualMachine> late = diskOnly ? [] : halted.Where(machine => machine.Status is { State: MachineState.Running, Phase: BootPhase.Ready });
                await Task.WhenAll(late.Select(machine => reconciler.Launcher.Memory.SetClockAsync(machine, CancellationToken.None)));
            }
        }

        return [.. faults.Zip(held, (fault, wasHeld) => fault ?? (wasHeld == false ? "its file systems did not stay frozen" : null))];
    }
}
