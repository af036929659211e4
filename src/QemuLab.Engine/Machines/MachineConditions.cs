namespace QemuLab.Engine.Machines;

/// <summary>What holds for a machine beside its state, in KubeVirt's words where it has one.</summary>
public enum MachineCondition
{
    /// <summary>A login works and cloud-init is done.</summary>
    Ready,

    /// <summary>The CPUs stand still.</summary>
    Paused,

    /// <summary>It runs, and something about it is broken: see its alarms.</summary>
    Degraded,

    /// <summary>It runs with something else than was asked for since; a restart applies that.</summary>
    RestartRequired,

    /// <summary>A guest agent listens in it.</summary>
    AgentConnected,

    /// <summary>No hardware acceleration: QEMU's translator runs it.</summary>
    SoftwareEmulation,
}

/// <summary>Which conditions hold for a machine; pure.</summary>
public static class MachineConditions
{
    /// <param name="status">What is known of it.</param>
    /// <param name="plan">What it was decided to be; null for a machine that the lab file no longer has.</param>
    /// <param name="restartRequired">Whether it runs with something else than was asked for since.</param>
    public static IReadOnlyList<MachineCondition> Of(MachineStatus status, MachinePlan? plan, bool restartRequired = false) =>
    [
        .. If(status is { State: MachineState.Running, Phase: BootPhase.Ready }, MachineCondition.Ready),
        .. If(status.State == MachineState.Paused, MachineCondition.Paused),
        .. If(status.IsUp && status.Alarms.Any(alarm => alarm.Degrades), MachineCondition.Degraded),
        .. If(status.IsUp && restartRequired, MachineCondition.RestartRequired),
        .. If(status.IsUp && status.AgentConnected, MachineCondition.AgentConnected),
        .. If(status.IsUp && plan?.Accelerator.Accelerator == Qemu.Accelerator.Tcg, MachineCondition.SoftwareEmulation),
    ];

    private static IEnumerable<MachineCondition> If(bool holds, MachineCondition condition) => holds ? [condition] : [];
}
