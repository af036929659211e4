using System.Text.Json.Serialization;

namespace QemuLab.Engine.Labs;

/// <summary>A machine that was deleted and can be recovered: all that its lab's record knew of it, kept beside its disks.</summary>
/// <param name="Id">LAB.MACHINE.TIME; the name of its folder in the trash.</param>
/// <param name="Lab">The lab's name.</param>
/// <param name="Machine">Its own.</param>
/// <param name="DeletedAt">When.</param>
/// <param name="Record">What the lab's record said of it.</param>
/// <param name="Source">What the lab was launched from; it comes back with the machine where the lab is gone.</param>
/// <param name="Allocations">The lab's.</param>
/// <param name="Snapshots">The lab's snapshots that hold it, by name.</param>
/// <param name="BackingPaths">The images that its disks stand on.</param>
public sealed record TrashedMachine(
    string Id,
    string Lab,
    string Machine,
    DateTimeOffset DeletedAt,
    MachineRecord Record,
    LabSource Source,
    LabAllocations Allocations,
    IReadOnlyDictionary<string, TrashedSnapshot> Snapshots,
    IReadOnlyList<string> BackingPaths);

/// <summary>A place in a lab's snapshot.</summary>
/// <param name="CreatedAt">The snapshot's moment: one of the same name but another moment is another.</param>
/// <param name="Content">What it holds of the machine.</param>
public sealed record TrashedSnapshot(DateTimeOffset CreatedAt, MachineSnapshot Content);

/// <summary>A deleted machine for whoever asks.</summary>
/// <param name="Id">What to name it by where several of its name were deleted.</param>
/// <param name="Lab">The lab's name.</param>
/// <param name="Machine">Its own.</param>
/// <param name="DeletedAt">When.</param>
/// <param name="Bytes">What its files take on the disk.</param>
public sealed record TrashStatus(string Id, string Lab, string Machine, DateTimeOffset DeletedAt, long Bytes);

[JsonSerializable(typeof(TrashedMachine))]
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, WriteIndented = true)]
internal sealed partial class TrashedMachineJson : JsonSerializerContext;
