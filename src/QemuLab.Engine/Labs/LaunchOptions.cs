using System.Text.Json.Serialization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>How a lab is launched.</summary>
/// <param name="Wait">Wait until every machine is ready, or only until it runs.</param>
/// <param name="TimeLimit">The hard cap for the whole launch; null: only lack of progress ends it.</param>
/// <param name="Cold">Boot suspended machines, and forget the memory that they have on disk.</param>
/// <param name="Paused">Start machines with their CPUs standing still, until they are unpaused.</param>
/// <param name="Prune">Delete machines that the file no longer has; the trash keeps them.</param>
public sealed record LaunchOptions(bool Wait = true, TimeSpan? TimeLimit = null, bool Cold = false, bool Paused = false, bool Prune = false)
{
    /// <summary>Asked when the launch has its turn: throws where the lab is no longer as whoever asks for it has seen it; null: that does not matter.</summary>
    public Action? Ensure { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<MachineOutcome>))]
public enum MachineOutcome
{
    /// <summary>It ran already, as the file asks for it.</summary>
    Unchanged,

    /// <summary>It runs, but the file now asks for something else; a restart would apply it.</summary>
    RestartRequired,

    /// <summary>It was there and has been started.</summary>
    Started,

    /// <summary>It has been made and started.</summary>
    Created,

    /// <summary>It does not run, and its run strategy does not ask for it.</summary>
    NotStarted,

    /// <summary>It ran, and was stopped, as its run strategy asks.</summary>
    Stopped,

    /// <summary>It did not come up; what was made for it has been taken back.</summary>
    Failed,
}

/// <summary>What a launch did to one machine.</summary>
/// <param name="Error">Why it failed; null where it did not.</param>
/// <param name="Hint">What to try.</param>
/// <param name="Kind">The kind of the failure, which decides the exit code.</param>
public sealed record MachineLaunch(string Machine, MachineOutcome Outcome, double Seconds, string? Error = null, string? Hint = null, ErrorKind? Kind = null)
{
    /// <summary>The failure's own exit code, in the place of its kind's; null: it has none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Where a restart is required: for what.</summary>
    public IReadOnlyList<MachineDifference> Differences { get; init; } = [];
}

/// <summary>What a launch did.</summary>
/// <param name="Lab">The lab's name.</param>
/// <param name="Machines">In the lab file's order.</param>
/// <param name="Warnings">The plan's.</param>
/// <param name="Leftover">Machines that exist but that the file no longer has; they are left alone.</param>
public sealed record LaunchOutcome(string Lab, IReadOnlyList<MachineLaunch> Machines, IReadOnlyList<string> Warnings, IReadOnlyList<string> Leftover)
{
    /// <summary>Machines that the file no longer had, and that were deleted for it; the trash has them.</summary>
    public IReadOnlyList<string> Pruned { get; init; } = [];

    /// <summary>Whether a machine was made, started, stopped or deleted: not so where the same is launched once more.</summary>
    public bool Changed => Pruned is { Count: > 0 } || Machines.Any(machine => machine.Outcome is not (MachineOutcome.Unchanged or MachineOutcome.NotStarted or MachineOutcome.RestartRequired));

    public bool Succeeded => Machines.All(machine => machine.Outcome != MachineOutcome.Failed);
}
