using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Machines;

/// <summary>The state of a machine, in KubeVirt's words where it has one.</summary>
public enum MachineState
{
    /// <summary>No QEMU runs, and none is asked for.</summary>
    Stopped,

    /// <summary>Disks and seed are being made.</summary>
    Provisioning,

    /// <summary>QEMU is being started.</summary>
    Starting,

    /// <summary>The guest's CPUs run.</summary>
    Running,

    /// <summary>QEMU is there, the CPUs stand still.</summary>
    Paused,

    /// <summary>No QEMU runs; the guest's memory is on disk, and a start goes on with it.</summary>
    Suspended,

    /// <summary>A stop is under way.</summary>
    Stopping,

    /// <summary>QEMU is gone and nobody asked for it, or the start failed.</summary>
    Failed,

    /// <summary>No QEMU runs: its starts fail, and the next one, which its run strategy asks for, waits.</summary>
    CrashLoopBackOff,

    /// <summary>A QEMU process is there but does not answer.</summary>
    Unknown,
}

/// <summary>How far a running guest has come; each phase is reached by evidence, never by time.</summary>
public enum BootPhase
{
    None,

    /// <summary>QEMU runs and nothing has been heard from the guest.</summary>
    Process,

    /// <summary>The serial console speaks: firmware, boot loader or kernel.</summary>
    Console,

    /// <summary>The SSH server has sent its banner.</summary>
    Banner,

    /// <summary>A login works; cloud-init is still at it.</summary>
    Login,

    /// <summary>cloud-init is done without error.</summary>
    Ready,

    /// <summary>It will not become ready by itself: cloud-init failed, or nothing moves any more.</summary>
    Failed,
}

/// <summary>What is known of a machine at one moment. Immutable; a new one is swapped in at each change.</summary>
public sealed record MachineStatus
{
    public required string Lab { get; init; }

    public required string Name { get; init; }

    public required string Group { get; init; }

    public required MachineState State { get; init; }

    public BootPhase Phase { get; init; }

    /// <summary>Why it is in this state or phase, for people; null where there is nothing to explain.</summary>
    public string? Reason { get; init; }

    /// <summary>What to try next; null where nothing is wrong.</summary>
    public string? Hint { get; init; }

    /// <summary>What kind of failure the reason tells of; null where it tells of none.</summary>
    public ErrorKind? Fault { get; init; }

    /// <summary>When the state was entered.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When QEMU was started; null where none runs.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The memory that it goes on with; null where it has run from its start.</summary>
    public RestoredMemory? Restored { get; init; }

    /// <summary>Start of QEMU, or the return to a snapshot, to <see cref="BootPhase.Ready"/>; null until then, or where an older daemon saw it.</summary>
    public TimeSpan? ReadyAfter { get; init; }

    public int? ProcessId { get; init; }

    /// <summary>A guest agent listens in it.</summary>
    public bool AgentConnected { get; init; }

    /// <summary>How far it has come in its stages, of the last start of QEMU; null where it has none, or has not begun.</summary>
    public StageProgress? Stages { get; init; }

    /// <summary>What is wrong with it; the newest last.</summary>
    public IReadOnlyList<MachineAlarm> Alarms { get; init; } = [];

    public bool IsUp => State is MachineState.Running or MachineState.Paused or MachineState.Starting or MachineState.Stopping or MachineState.Unknown;
}

/// <summary>A memory that a machine was given back.</summary>
/// <param name="At">When it went on with it.</param>
/// <param name="WasReady">Its guest was ready when the memory was saved, and so is again as soon as a login works.</param>
/// <param name="Stage">The stage that its guest was at then; empty: past all; null: it is not known, or is what was kept last.</param>
public sealed record RestoredMemory(DateTimeOffset At, bool WasReady, string? Stage = null);
