namespace QemuLab.Engine.Labs;

/// <summary>How machines are put back to a snapshot.</summary>
/// <param name="Force">Also where machines run, whose present state is lost.</param>
/// <param name="Machines">Only these; null: all that it holds.</param>
/// <param name="Wait">Until those that ran are ready again.</param>
public sealed record ReturnOptions(bool Force = false, IReadOnlyList<string>? Machines = null, bool Wait = true);

/// <summary>What a return did.</summary>
/// <param name="Lab">The lab's name.</param>
/// <param name="Snapshot">The snapshot's.</param>
/// <param name="Machines">What became of each machine that it holds.</param>
/// <param name="Untouched">Machines that it does not hold: they are as they were.</param>
public sealed record ReturnOutcome(string Lab, string Snapshot, IReadOnlyList<MachineReturn> Machines, IReadOnlyList<string> Untouched);

/// <summary>What a return did to one machine.</summary>
/// <param name="Machine">Its name.</param>
/// <param name="IsRunning">Whether it runs now, as it did then; else it is stopped, as it was.</param>
/// <param name="Seconds">Until it was ready, or stopped.</param>
/// <param name="Error">Why it is not ready; null where it is.</param>
/// <param name="Hint">What to try.</param>
public sealed record MachineReturn(string Machine, bool IsRunning, double Seconds, string? Error = null, string? Hint = null);
