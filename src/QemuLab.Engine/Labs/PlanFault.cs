namespace QemuLab.Engine.Labs;

/// <summary>Why a host cannot carry a plan.</summary>
/// <param name="Code">A word for scripts.</param>
/// <param name="Message">What is asked for, and what is there.</param>
/// <param name="Hint">What would fit.</param>
internal sealed record PlanFault(string Code, string Message, string Hint);
