using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Machines;

/// <summary>Why a machine that nobody stopped has gone, in words, from what QEMU said and what the kernel says of its process.</summary>
internal static class EndReason
{
    /// <param name="state">With QEMU's own word for the cause, where it had time for one, and what had been told of the guest.</param>
    /// <param name="exited">The process's end.</param>
    public static string? Of(LifecycleState state, MachineMessage.Exited exited) => (state.Shutdown, exited.End) switch
    {
        (_, { OutOfMemory: true }) => "QEMU was killed by the host: out of memory",
        (MachineLifecycle.Killed, _) => "QEMU was killed, as was asked",
        ("guest-panic", _) => Told(state, MachineAlarmKind.GuestPanicked) ?? "the guest's kernel panicked",
        (MachineLifecycle.WatchdogEnd, _) => Told(state, MachineAlarmKind.Watchdog),
        ("host-signal", _) => "QEMU was ended from outside, by a signal",
        ("host-error", _) => "QEMU ended for an error of the host's",
        ("host-qmp-quit" or "host-ui", _) => "QEMU was told to end through its monitor",
        (not null, _) => "the guest shut down",
        (_, { IsCrash: true, SignalName: var signal }) => $"QEMU crashed ({signal})",
        (_, { Signal: NativeProcess.SigKill, SignalName: var signal }) => $"QEMU was killed by {signal}",
        (_, { SignalName: { } signal }) => $"QEMU was ended by {signal}",
        (_, { ExitCode: not (null or 0) and var code }) => $"QEMU ended with code {code}" + (exited.LastWords is { Length: > 0 } words ? ": " + words : ""),
        _ => exited.LastWords is { Length: > 0 } words ? $"QEMU ended: {words}" : "QEMU ended without a word: killed from outside, or it crashed",
    };

    /// <summary>What to try next.</summary>
    public static string Hint(LifecycleState state, MachineMessage.Exited exited) => (exited.End, state.Shutdown) switch
    {
        ({ OutOfMemory: true }, _) => $"give the machines less memory, or stop some; then: qemulab start {state.Status.Name}",
        (_, "guest-panic" or MachineLifecycle.WatchdogEnd) => $"read: qemulab logs {state.Status.Name}; then: qemulab start {state.Status.Name}",
        _ => $"read: qemulab logs {state.Status.Name} --qemu; then: qemulab start {state.Status.Name}",
    };

    private static string? Told(LifecycleState state, MachineAlarmKind kind) => state.Status.Alarms.LastOrDefault(alarm => alarm.Kind == kind)?.Story;
}
