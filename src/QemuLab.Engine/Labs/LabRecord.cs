using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What is stored of a lab: intent and identity, never what was observed.</summary>
public sealed record LabRecord
{
    public const int CurrentSchema = 1;

    public int Schema { get; init; } = CurrentSchema;

    public required LabSource Source { get; init; }

    public required LabAllocations Allocations { get; init; }

    /// <summary>Every machine that has been made, by name.</summary>
    public IReadOnlyDictionary<string, MachineRecord> Machines { get; init; } = new Dictionary<string, MachineRecord>();

    /// <summary>The lab's snapshots, by name.</summary>
    public IReadOnlyDictionary<string, SnapshotRecord> Snapshots { get; init; } = new Dictionary<string, SnapshotRecord>();

    /// <summary>The snapshot that the lab was last put back to or that was last taken; null: none.</summary>
    public string? CurrentSnapshot { get; init; }

    /// <summary>The record under a new source: its run strategies count again, whatever was started and stopped; machines that the new file no longer has remember the old one.</summary>
    public LabRecord Renewed(LabSource source, Lab lab)
    {
        HashSet<string> names = [.. lab.Machines.Select(machine => machine.Name.Value)];
        return this with
        {
            Source = source,
            Machines = Machines.ToDictionary(
                pair => pair.Key,
                pair => names.Contains(pair.Key) ? pair.Value with { LeftoverOf = null, Strategy = null } : pair.Value with { LeftoverOf = pair.Value.LeftoverOf ?? Source }),
        };
    }

    public LabRecord WithSnapshot(string name, SnapshotRecord snapshot) =>
        this with { Snapshots = new Dictionary<string, SnapshotRecord>(Snapshots) { [name] = snapshot } };

    /// <summary>With one that has just been taken. Where it takes the place of another, those that were taken of that one go on from what it had gone on from.</summary>
    public LabRecord WithTaken(string name, SnapshotRecord snapshot) =>
        (snapshot.Replaces is { } replaced ? WithSnapshot(name, replaced).WithoutSnapshot(name) : this).WithSnapshot(name, snapshot) with { CurrentSnapshot = name };

    /// <summary>Those that were taken of it go on from what it had gone on from.</summary>
    public LabRecord WithoutSnapshot(string name)
    {
        string? parent = Snapshots.GetValueOrDefault(name)?.Parent;
        return this with
        {
            Snapshots = Snapshots.Where(pair => pair.Key != name).ToDictionary(pair => pair.Key, pair => pair.Value.Parent == name ? pair.Value with { Parent = parent } : pair.Value),
            CurrentSnapshot = CurrentSnapshot == name ? parent : CurrentSnapshot,
        };
    }

    public LabRecord With(string machine, MachineRecord record) =>
        this with { Machines = new Dictionary<string, MachineRecord>(Machines) { [machine] = record } };

    public LabRecord Without(string machine) =>
        this with
        {
            Machines = Machines.Where(pair => pair.Key != machine).ToDictionary(),
            Snapshots = Snapshots
                .ToDictionary(pair => pair.Key, pair => pair.Value.Without(machine))
                .Where(pair => pair.Value.Machines.Count > 0)
                .ToDictionary(),
        };
}

/// <summary>What is stored of a machine.</summary>
/// <param name="Wanted">What the user last asked for.</param>
/// <param name="Fingerprint">What it was last started with, as <see cref="Machines.MachineFingerprint"/> tells it; empty before its first start.</param>
/// <param name="LeftoverOf">The last source that had the machine, once the lab's file no longer has it; else null.</param>
/// <param name="Suspension">How far its way to or from a memory on disk has come; null: it is on none.</param>
/// <param name="Strategy">The run strategy that a start or a stop has made of the lab file's; null: the lab file's.</param>
/// <param name="HasRun">It was started, since it was made.</param>
/// <param name="IsHeld">Its last start left its CPUs standing still.</param>
/// <param name="StartedWith">What it was last started with, as <see cref="MachineSettings"/> tells it; null where an older version has started it.</param>
/// <param name="IsFrozen">Its guest was asked to freeze its file systems, and is not known to have let go of them since.</param>
/// <param name="HasOldMemory">A memory that it must not go on with any more is in its disks, and is to be removed.</param>
/// <param name="WasReady">Its guest was ready when the memory that it is to go on with was saved.</param>
/// <param name="IsRestarting">It was asked to stop so as to be started again; a daemon that finds it gone does the rest.</param>
public sealed record MachineRecord(
    MachineWanted Wanted, string Fingerprint, LabSource? LeftoverOf = null, SuspensionState? Suspension = null, RunStrategy? Strategy = null, bool HasRun = false, bool IsHeld = false,
    IReadOnlyDictionary<string, string>? StartedWith = null, bool IsFrozen = false, bool HasOldMemory = false, bool WasReady = false, bool IsRestarting = false);

/// <summary>How far a suspension has come; what a daemon that died has left half done is told by it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SuspensionState>))]
public enum SuspensionState
{
    /// <summary>Its memory is being written; a later daemon lets it go on as if nothing had been.</summary>
    Saving,

    /// <summary>Its memory is whole, and it goes on only with that.</summary>
    Saved,

    /// <summary>It is being started with its memory, which is removed once it runs.</summary>
    Resuming,
}

[JsonConverter(typeof(JsonStringEnumConverter<MachineWanted>))]
public enum MachineWanted
{
    Stopped,
    Running,
}

[JsonSerializable(typeof(LabRecord))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
internal sealed partial class LabRecordJson : JsonSerializerContext;
