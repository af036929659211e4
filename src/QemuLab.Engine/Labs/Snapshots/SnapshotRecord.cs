using System.Text.Json.Serialization;

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
public sealed record SnapshotRecord(
    SnapshotState State, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, MachineSnapshot> Machines, string? Description = null, string? Parent = null, IReadOnlyList<string>? Returning = null);

/// <summary>What a snapshot holds of one machine.</summary>
/// <param name="HasMemory">Whether it ran, so that its memory is in it; else only its disks.</param>
/// <param name="Fingerprint">What it was started with: a memory can be given back only to the same machine.</param>
/// <param name="WasPaused">Its CPUs stood still, and shall again.</param>
/// <param name="MemoryBytes">What the memory takes inside of the root disk.</param>
public sealed record MachineSnapshot(bool HasMemory, string Fingerprint, bool WasPaused = false, long MemoryBytes = 0);

/// <summary>A snapshot for whoever asks.</summary>
/// <param name="Lab">The lab's name.</param>
/// <param name="Name">Its own.</param>
/// <param name="IsCurrent">Whether the lab has gone on from it.</param>
public sealed record SnapshotStatus(string Lab, string Name, bool IsCurrent, SnapshotRecord Record)
{
    /// <summary>What the memories in it take, in bytes; what the disks hold for it is shared with them and not told apart.</summary>
    public long MemoryBytes => Record.Machines.Values.Sum(machine => machine.MemoryBytes);
}
