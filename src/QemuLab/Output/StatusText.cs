using QemuLab.Engine.Machines;

namespace QemuLab.Output;

/// <summary>A machine's state in the words of a table cell: <c>Running (ready)</c>, <c>Running (booting: cloud-init)</c>, <c>Failed: reason</c>.</summary>
internal static class StatusText
{
    /// <summary>The state, and what is wrong with a machine that goes on nevertheless: <c>Running (ready), disk corrupted</c>.</summary>
    public static string For(MachineStatus machine) =>
        string.Join(", ", machine.Alarms.Where(alarm => machine.IsUp && alarm.Degrades).Select(alarm => Word(alarm.Kind)).Distinct().Prepend(machine is { State: MachineState.Running, Stages: { Result: null, Current: { } stage }, Phase: not BootPhase.Failed }
            ? $"Running (stage {stage}, {machine.Stages.Done + 1} of {machine.Stages.Total})"
            : For(machine.State, machine.Phase, machine.Reason)));

    public static string For(MachineState state, BootPhase phase, string? reason) => (state, phase) switch
    {
        (MachineState.Running, BootPhase.Ready) => "Running (ready)",
        (MachineState.Running, BootPhase.Failed) => reason is null ? "Running (not ready)" : $"Running (not ready: {Brief(reason)})",
        (MachineState.Running, _) => $"Running (booting: {Waiting(phase, reason)})",
        (MachineState.Failed or MachineState.CrashLoopBackOff or MachineState.Unknown or MachineState.Paused or MachineState.Suspended, _) => reason is null ? state.ToString() : $"{state}: {Brief(reason)}",
        _ => state.ToString(),
    };

    /// <summary>What a guest in this phase is at.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="detail">What is known beside it: on the way to its SSH server the stage of the boot.</param>
    public static string Waiting(BootPhase phase, string? detail = null) => phase switch
    {
        BootPhase.Console => detail ?? "console",
        BootPhase.Banner => "login",
        BootPhase.Login => "cloud-init",
        BootPhase.Ready => "ready",
        BootPhase.Failed => "not ready",
        _ => "firmware",
    };

    private static string Word(MachineAlarmKind degrading) => degrading switch
    {
        MachineAlarmKind.DiskFailed => "disk failed",
        MachineAlarmKind.DiskCorrupted => "disk corrupted",
        _ => "resets again and again",
    };

    /// <summary>A cell is no place for a story; info tells it whole.</summary>
    private static string Brief(string reason) => TextTable.Cut(FirstLine(reason), 60);

    public static string FirstLine(string text) => text.AsSpan().IndexOf('\n') is >= 0 and int end ? text[..end] : text;
}
