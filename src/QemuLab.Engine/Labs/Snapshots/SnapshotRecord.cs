using System.Text.Json.Serialization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>How far a change of a snapshot has come; what a daemon that died has left half done is told by it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SnapshotState>))]
public enum SnapshotState
{
    /// <summary>Being taken; a later daemon takes it away.</summary>
    Creating,

    /// <summary>It can be returned to.</summary>
    Whole,

    /// <summary>The lab is being put back to it; a later daemon finishes that.</summary>
    Reverting,

    /// <summary>Being removed; a later daemon finishes that.</summary>
    Deleting,
}

/// <summary>A snapshot of a lab at one instant, as it is stored in the lab's record; its content is inside of the machines' disks.</summary>
/// <param name="State">How far it has come.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="Machines">What it holds, by the machine's name.</param>
/// <param name="Description">What a person has said of it; null: nothing.</param>
/// <param name="Parent">The snapshot that the lab was at, or had gone on from; null: none.</param>
/// <param name="Returning">While machines are put back to it: which; null: all that it holds.</param>
/// <param name="Replaces">The one of its name whose place it takes, for as long as that is in the disks too: it is gone only once this one is whole.</param>
public sealed record SnapshotRecord(
    SnapshotState State, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, MachineSnapshot> Machines, string? Description = null, string? Parent = null, IReadOnlyList<string>? Returning = null,
    SnapshotRecord? Replaces = null)
{
    /// <summary>The same without a machine.</summary>
    internal SnapshotRecord Without(string machine) => this with { Machines = Machines.Where(held => held.Key != machine).ToDictionary(), Replaces = Replaces?.Without(machine) };
}

/// <summary>What a snapshot holds of one machine.</summary>
/// <param name="HasMemory">Whether its memory is in it; else only its disks.</param>
/// <param name="Fingerprint">What it was started with: a memory can be given back only to the same machine.</param>
/// <param name="WasPaused">Its CPUs stood still, and shall again.</param>
/// <param name="MemoryBytes">What the memory takes inside of the root disk.</param>
/// <param name="Consistency">Where it was up and its memory is not in it: what holds for its disks. Null where it was stopped, or where the memory is there.</param>
/// <param name="Detail">Why its file systems were not frozen; null where they were, or need not have been.</param>
/// <param name="WasReady">Its guest was ready, where its memory is in it.</param>
/// <param name="Tag">What it is called in the machine's disks; null: after the snapshot's name.</param>
/// <param name="IsCompressed">Whether its memory is compressed there.</param>
/// <param name="Stage">The stage that its guest goes on with, where its memory is in it; empty: past all; null: it has none.</param>
public sealed record MachineSnapshot(
    bool HasMemory, string Fingerprint, bool WasPaused = false, long MemoryBytes = 0, DiskConsistency? Consistency = null, string? Detail = null, bool WasReady = false, string? Tag = null, bool IsCompressed = false,
    string? Stage = null)
{
    internal SnapshotAction LoadAction => IsCompressed ? SnapshotAction.LoadCompressed : SnapshotAction.Load;

    /// <summary>What it is called in the machine's disks.</summary>
    internal string TagOf(string name) => Tag ?? SnapshotName.Tag(name);

    /// <summary>A return to it boots the machine, which was up then.</summary>
    internal bool Boots => Consistency is not null;
}

/// <summary>What holds for disks that were saved while a guest used them, in the words of backup tools.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DiskConsistency>))]
public enum DiskConsistency
{
    /// <summary>As after a power failure: what the guest had not written yet is missing, and its journals are replayed.</summary>
    Crash,

    /// <summary>The guest had written out its file systems and held them still.</summary>
    FileSystem,
}

/// <summary>How a snapshot is taken.</summary>
/// <param name="Description">What a person says of it; null: nothing.</param>
/// <param name="Replace">Take the place of one of that name.</param>
/// <param name="DiskOnly">Without the memory of machines that run.</param>
/// <param name="Compress">With that memory compressed; all stand still for as long as it takes.</param>
public sealed record SnapshotOptions(string? Description = null, bool Replace = false, bool DiskOnly = false, bool Compress = false);

/// <summary>A snapshot for whoever asks.</summary>
/// <param name="Lab">The lab's name.</param>
/// <param name="Name">Its own.</param>
/// <param name="IsCurrent">Whether the lab has gone on from it.</param>
public sealed record SnapshotStatus(string Lab, string Name, bool IsCurrent, SnapshotRecord Record)
{
    /// <summary>What the memories in it take, in bytes; what the disks hold for it is shared with them and not told apart.</summary>
    public long MemoryBytes => Record.Machines.Values.Sum(machine => machine.MemoryBytes);
}
