using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qmp;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Machines;

/// <summary>What can happen to a machine: everything goes through its mailbox, one at a time.</summary>
public abstract record MachineMessage
{
    private MachineMessage()
    {
    }

    /// <summary>Its disks and seed are about to be made.</summary>
    public sealed record Provisioning : MachineMessage;

    /// <summary>QEMU is about to be started.</summary>
    public sealed record Launching : MachineMessage;

    /// <summary>QEMU runs.</summary>
    /// <param name="CpusRun">The guest's CPUs have been let go; else they stand still until somebody does that.</param>
    public sealed record Launched(int ProcessId, DateTimeOffset StartedAt, bool CpusRun = true) : MachineMessage;

    /// <summary>A new daemon has found it running.</summary>
    /// <param name="ReadyAfter">How long it took until it was ready, where a former daemon saw that; it is looked at again.</param>
    public sealed record Adopted(int ProcessId, DateTimeOffset StartedAt, bool CpusRun, TimeSpan? ReadyAfter = null) : MachineMessage;

    /// <summary>It could not be made or started; nothing runs.</summary>
    public sealed record StartFailed(string Reason, string? Hint, ErrorKind Kind = ErrorKind.Failed) : MachineMessage;

    /// <summary>The guest has come this far.</summary>
    public sealed record PhaseReached(BootPhase Phase, string? Detail) : MachineMessage;

    /// <summary>The guest will not become ready by itself.</summary>
    public sealed record NotReady(string Reason, string? Hint, ErrorKind Kind = ErrorKind.Failed) : MachineMessage;

    /// <summary>It has come further in its stages, or it is known how far it had come before.</summary>
    public sealed record StagesMoved(StageProgress Progress) : MachineMessage;

    /// <summary>QEMU tells of something.</summary>
    public sealed record Notified(QmpEvent Event) : MachineMessage
    {
        /// <summary>The lab file's name of the disk that it is about; null where it is about none.</summary>
        public string? Disk { get; init; }

        /// <summary>That disk's file.</summary>
        public string? DiskPath { get; init; }

        /// <summary>What the guest had written last on its console, where it has panicked.</summary>
        public IReadOnlyList<string> Console { get; init; } = [];
    }

    /// <summary>It was given back a memory and goes on from there.</summary>
    /// <param name="WasReady">Its guest was ready when the memory was saved.</param>
    /// <param name="Stage">The stage that its guest was at then; empty: past all; null: it is not known, or is what was kept last.</param>
    public sealed record Restored(bool WasReady, string? Stage = null) : MachineMessage;

    /// <summary>A new daemon has found it standing still for a disk's failure.</summary>
    public sealed record HaltedByDisk(IoFault Fault) : MachineMessage;

    /// <summary>A new daemon has found that a disk's file was found inconsistent while none was there.</summary>
    public sealed record FoundCorrupted(string Disk, string DiskPath) : MachineMessage;

    /// <summary>A new daemon has found that a guest agent listens.</summary>
    public sealed record FoundAgent : MachineMessage;

    /// <summary>It has gone, and its memory is on disk.</summary>
    /// <param name="Reason">Why it sleeps on, though it was to go on; null: it was put to sleep.</param>
    /// <param name="Hint">What to do about that.</param>
    public sealed record Suspended(string? Reason = null, string? Hint = null) : MachineMessage;

    /// <summary>Its memory on disk is given up: it is stopped, and boots when it is started.</summary>
    public sealed record MemoryGone : MachineMessage;

    /// <summary>It is to be started again, but only later.</summary>
    /// <param name="Failures">How many starts in a row have failed.</param>
    /// <param name="At">When the next one comes.</param>
    public sealed record BackedOff(int Failures, DateTimeOffset At) : MachineMessage;

    /// <summary>A new daemon has not found it, though it was running when the former one ended.</summary>
    /// <param name="ByGuest">The guest had shut down; else it is not known what ended it.</param>
    public sealed record FoundGone(bool ByGuest) : MachineMessage;

    /// <summary>A new daemon has not found it, because the former one ended in the middle of its restart; it is started again next.</summary>
    public sealed record FoundInRestart : MachineMessage;

    /// <summary>A stop is asked for.</summary>
    /// <param name="Grace">How long the guest may take; zero ends QEMU at once.</param>
    public sealed record StopRequested(TimeSpan Grace) : MachineMessage;

    /// <summary>QEMU is to be killed, as a power failure would end it.</summary>
    public sealed record KillRequested : MachineMessage;

    /// <summary>The time that the last effect asked for has passed.</summary>
    public sealed record Tick : MachineMessage;

    /// <summary>QEMU has gone.</summary>
    /// <param name="LastWords">What it wrote last, or null.</param>
    /// <param name="End">How it ended; null where nobody tells.</param>
    public sealed record Exited(string? LastWords, ProcessEnd? End = null) : MachineMessage;

    /// <summary>QEMU is there but its control socket does not answer.</summary>
    public sealed record Unreachable(string Reason, int? ProcessId = null, DateTimeOffset? StartedAt = null) : MachineMessage;
}

/// <summary>What is to be done about it.</summary>
public abstract record MachineEffect
{
    private MachineEffect()
    {
    }

    /// <summary>Begin to watch how the guest comes up.</summary>
    public sealed record WatchReadiness : MachineEffect;

    /// <summary>Stop watching.</summary>
    public sealed record EndWatch : MachineEffect;

    /// <summary>Let the CPUs go on once there is room on the host's disk.</summary>
    public sealed record AwaitRoom : MachineEffect;

    public sealed record PressPowerButton : MachineEffect;

    /// <summary>Tell the guest's agent to shut the guest down.</summary>
    public sealed record AskAgentToShutDown : MachineEffect;

    public sealed record Quit(string Why) : MachineEffect;

    public sealed record Kill(string Why) : MachineEffect;

    /// <summary>Send a <see cref="MachineMessage.Tick"/> after this time.</summary>
    public sealed record Remind(TimeSpan After) : MachineEffect;
}
