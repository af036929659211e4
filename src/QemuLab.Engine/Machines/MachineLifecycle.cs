using System.Globalization;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Machines;

/// <summary>A machine's status and what the life cycle must remember beside it.</summary>
/// <param name="Status">What the world sees.</param>
/// <param name="Stop">The stop that is under way, or null.</param>
/// <param name="Shutdown">Why QEMU says that it ends, in its own word such as <c>guest-shutdown</c>; null where it has not said.</param>
/// <param name="IoFault">What a disk has failed with, until the CPUs run again; null where none has.</param>
/// <param name="IsHeld">Its CPUs have not run since QEMU was started.</param>
public sealed record LifecycleState(MachineStatus Status, StopUnderWay? Stop = null, string? Shutdown = null, IoFault? IoFault = null, bool IsHeld = false)
{
    /// <summary>When the guest began anew, since it was last ready.</summary>
    public IReadOnlyList<DateTimeOffset> Resets { get; init; } = [];

    /// <summary>The alarm for which QEMU stands the CPUs still, until they run again; null where it does not.</summary>
    public MachineAlarm? HaltedBy { get; init; }
}

/// <summary>A failure of a disk for which QEMU stands the CPUs still.</summary>
/// <param name="Reason">The host's words.</param>
/// <param name="IsForRoom">The host's disk is full: it will go on by itself once there is room.</param>
public sealed record IoFault(string Reason, bool IsForRoom);

/// <summary>A stop: button until the grace period is over, then quit, then SIGKILL.</summary>
/// <param name="Deadline">When the grace period ends.</param>
/// <param name="HasQuit">QEMU has been told to end; the next step is SIGKILL.</param>
public sealed record StopUnderWay(DateTimeOffset Deadline, bool HasQuit);

/// <summary>All legal transitions of a machine, in one pure function.</summary>
public static class MachineLifecycle
{
    /// <summary>A guest loses a power button that is pressed before it listens, so it is pressed again.</summary>
    public static readonly TimeSpan ButtonInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long QEMU may take to end itself before it is killed.</summary>
    public static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(5);

    internal const string Killed = "killed";

    /// <summary>A word of ours, where QEMU has none.</summary>
    internal const string WatchdogEnd = "watchdog";

    /// <summary>The state after the message, and what is to be done about it, in order.</summary>
    public static (LifecycleState Next, IReadOnlyList<MachineEffect> Effects) Next(LifecycleState state, MachineMessage message, DateTimeOffset now) =>
        message switch
        {
            MachineMessage.Provisioning when !state.Status.IsUp => (Fresh(state, MachineState.Provisioning, now), []),
            MachineMessage.Launching when !state.Status.IsUp => (Fresh(state, MachineState.Starting, now), []),
            MachineMessage.Launched { CpusRun: false } held => (Up(state, held.ProcessId, held.StartedAt, cpusRun: false, now) with { IsHeld = true }, []),
            MachineMessage.Launched launched => (Up(state, launched.ProcessId, launched.StartedAt, cpusRun: true, now), [new MachineEffect.WatchReadiness()]),
            MachineMessage.Adopted adopted when state.Stop is null => (Found(Up(state, adopted.ProcessId, adopted.StartedAt, adopted.CpusRun, now), adopted.ReadyAfter), [new MachineEffect.WatchReadiness()]),
            MachineMessage.StartFailed failed when !state.Status.IsUp || state.Status.State == MachineState.Starting => (Gone(state, MachineState.Failed, failed.Reason, failed.Hint, failed.Kind, now), []),
            MachineMessage.PhaseReached reached when state.Status.IsUp && state.Status.Phase != BootPhase.Ready => (WithPhase(state, reached, now), []),
            MachineMessage.NotReady notReady when state.Status.IsUp => (WithFailedPhase(state, notReady), []),
            MachineMessage.StagesMoved moved => (state with { Status = state.Status with { Stages = moved.Progress } }, []),
            MachineMessage.Notified notified when state.Status.IsUp => OnEvent(MachineAlarms.Raised(state, notified, now), notified.Event, now),
            MachineMessage.Restored restored when state.Status.IsUp => (Watched(state, new RestoredMemory(now, restored.WasReady, restored.Stage)), [new MachineEffect.EndWatch(), new MachineEffect.WatchReadiness()]),
            MachineMessage.Suspended slept when !state.Status.IsUp || state.Status.State == MachineState.Starting => (Gone(state, MachineState.Suspended, slept.Reason, slept.Hint, null, now), []),
            MachineMessage.MemoryGone when state.Status.State == MachineState.Suspended => (Gone(state, MachineState.Stopped, null, null, null, now), []),
            MachineMessage.BackedOff later when !state.Status.IsUp => (BackedOff(state, later, now), []),
            MachineMessage.FoundGone gone when !state.Status.IsUp => (FoundGone(state, gone.ByGuest, now), []),
            MachineMessage.FoundInRestart when !state.Status.IsUp => (Gone(state, MachineState.Stopped, "it was being restarted when the daemon ended: it is started again", null, null, now), []),
            MachineMessage.HaltedByDisk halted when state.Status.State == MachineState.Paused => Halted(state with { IoFault = halted.Fault }, now),
            MachineMessage.FoundCorrupted found when state.Status.IsUp => (MachineAlarms.Found(state, found, now), []),
            MachineMessage.FoundAgent when state.Status.IsUp => (WithAgent(state, true), []),
            MachineMessage.StopRequested stop => OnStop(state, stop, now),
            MachineMessage.KillRequested when state.Status.IsUp => (state with { Shutdown = Killed }, [new MachineEffect.Kill("a kill was asked for")]),
            MachineMessage.Tick => OnTick(state, now),
            MachineMessage.Exited exited => OnExit(state, exited, now),
            MachineMessage.Unreachable unreachable => (Silent(state, unreachable, now), []),
            _ => (state, []),
        };

    private static (LifecycleState, IReadOnlyList<MachineEffect>) OnEvent(LifecycleState state, QmpEvent happened, DateTimeOffset now) => (happened.Name, state.Status.State) switch
    {
        ("SHUTDOWN", _) => (state with { Shutdown = happened.Word("reason") ?? "guest-shutdown" }, []),
        ("BLOCK_IO_ERROR", _) when happened.Word("action") == "stop" => (state with { IoFault = new IoFault(happened.Word("reason") ?? "a disk failed", happened.IsTrue("nospace")) }, []),
        ("GUEST_PANICKED" or "WATCHDOG", _) when happened.Word("action") == "pause" => (state with { HaltedBy = state.Status.Alarms[^1] }, []),

        // Then QEMU is gone at once, and tells of no shutdown.
        ("WATCHDOG", _) when happened.Word("action") == "poweroff" => (state with { Shutdown = WatchdogEnd }, []),
        ("STOP", MachineState.Running) => Halted(state, now),
        ("RESUME", MachineState.Paused) when state.IsHeld => (Resumed(state, now) with { IsHeld = false }, [new MachineEffect.WatchReadiness()]),
        ("RESUME", MachineState.Paused) => (Resumed(state, now), []),

        ("VSERPORT_CHANGE", _) when happened.Word("id") == QemuCommandLine.AgentPort => (WithAgent(state, happened.IsTrue("open")), []),

        // A reboot starts the way to readiness again. During a stop it only means that the guest took the button for a restart.
        // In a loop of them it is told once that it will not come up by itself: whoever waits for it need not wait for ever.
        ("RESET", MachineState.Running) => (state.Status.Alarms is [.., { Kind: MachineAlarmKind.ResetLoop } loop] && loop.Since == now
            ? WithFailedPhase(Watched(state, null), new MachineMessage.NotReady(loop.Message, loop.Hint))
            : Watched(state, null), [new MachineEffect.EndWatch(), new MachineEffect.WatchReadiness()]),
        _ => (state, []),
    };

    /// <summary>The CPUs stand still: somebody wants it, or a disk has failed.</summary>
    private static (LifecycleState, IReadOnlyList<MachineEffect>) Halted(LifecycleState state, DateTimeOffset now)
    {
        MachineStatus paused = Enter(state.Status, MachineState.Paused, now);
        return (state.IoFault, state.HaltedBy) switch
        {
            (null, null) => (state with { Status = paused }, []),
            (null, { } alarm) => (state with { Status = paused with { Reason = alarm.Story, Hint = $"read: qemulab logs {paused.Name}; end it: qemulab stop --force {paused.Name}", Fault = ErrorKind.Failed } }, []),
            ({ IsForRoom: true }, _) => (state with { Status = paused with { Reason = "no room left on this host's disk", Hint = "make room: it goes on by itself then", Fault = ErrorKind.Failed } }, [new MachineEffect.AwaitRoom()]),
            ({ Reason: var reason }, _) => (state with { Status = paused with { Reason = $"its disk failed: {reason}", Hint = $"mend it, then: qemulab unpause {paused.Name}", Fault = ErrorKind.Failed } }, []),
        };
    }

    private static LifecycleState Resumed(LifecycleState state, DateTimeOffset now)
    {
        MachineStatus running = Enter(state.Status, MachineState.Running, now);
        return state is { IoFault: null, HaltedBy: null }
            ? state with { Status = running }
            : MachineAlarms.Without(state with { Status = running with { Reason = null, Hint = null, Fault = null }, IoFault = null, HaltedBy = null }, MachineAlarmKind.DiskFull);
    }

    private static (LifecycleState, IReadOnlyList<MachineEffect>) OnStop(LifecycleState state, MachineMessage.StopRequested stop, DateTimeOffset now)
    {
        if (!state.Status.IsUp)
        {
            return state.Status.State == MachineState.CrashLoopBackOff ? (Gone(state, MachineState.Stopped, state.Status.Reason, null, null, now), []) : (state, []);
        }

        var next = state with
        {
            Status = state.Status.State == MachineState.Stopping ? state.Status : Enter(state.Status, MachineState.Stopping, now) with { Reason = null, Hint = null, Fault = null },
            Stop = new StopUnderWay(now + stop.Grace, HasQuit: false),
        };
        if (stop.Grace <= TimeSpan.Zero)
        {
            return (next with { Stop = next.Stop with { HasQuit = true } }, [new MachineEffect.EndWatch(), new MachineEffect.Quit("a stop by force was asked for"), new MachineEffect.Remind(QuitLimit)]);
        }

        // The agent does not need a guest that listens to its buttons; the button comes by and by nevertheless.
        MachineEffect ask = state.Status.AgentConnected ? new MachineEffect.AskAgentToShutDown() : new MachineEffect.PressPowerButton();
        return (next, [new MachineEffect.EndWatch(), ask, new MachineEffect.Remind(Shorter(ButtonInterval, stop.Grace))]);
    }

    private static (LifecycleState, IReadOnlyList<MachineEffect>) OnTick(LifecycleState state, DateTimeOffset now)
    {
        if (state.Stop is not { } stop || !state.Status.IsUp)
        {
            return (state, []);
        }

        if (stop.HasQuit)
        {
            return now < stop.Deadline
                ? (state, [new MachineEffect.Remind(stop.Deadline - now)])
                : (state, [new MachineEffect.Kill("QEMU did not end when told to"), new MachineEffect.Remind(QuitLimit)]);
        }

        if (now >= stop.Deadline)
        {
            return (state with { Stop = new StopUnderWay(now + QuitLimit, HasQuit: true) }, [new MachineEffect.Quit("the guest did not shut down within its grace period"), new MachineEffect.Remind(QuitLimit)]);
        }

        return (state, [new MachineEffect.PressPowerButton(), new MachineEffect.Remind(Shorter(ButtonInterval, stop.Deadline - now))]);
    }

    private static (LifecycleState, IReadOnlyList<MachineEffect>) OnExit(LifecycleState state, MachineMessage.Exited exited, DateTimeOffset now)
    {
        if (!state.Status.IsUp)
        {
            return (state, []);
        }

        bool expected = state.Stop is not null || state.Shutdown is not (null or Killed or "guest-panic" or "host-signal" or "host-error" or WatchdogEnd);
        string? reason = state.Stop is null ? EndReason.Of(state, exited) : null;
        string hint = EndReason.Hint(state, exited);
        return (
            Gone(state, expected ? MachineState.Stopped : MachineState.Failed, reason, expected ? null : hint, expected ? null : ErrorKind.Failed, now),
            [new MachineEffect.EndWatch()]);
    }

    private static LifecycleState BackedOff(LifecycleState state, MachineMessage.BackedOff later, DateTimeOffset now)
    {
        string[] last = (state.Status.Reason ?? "it ended").Split('\n', 2);
        string reason = string.Create(CultureInfo.InvariantCulture, $"{last[0]}; {later.Failures} {(later.Failures == 1 ? "failure" : "failures in a row")}, next start in {(later.At - now).TotalSeconds:0}s");
        return state with
        {
            Status = Enter(state.Status, MachineState.CrashLoopBackOff, now) with { Reason = last is [_, var evidence] ? $"{reason}\n{evidence}" : reason, Hint = $"see why: qemulab logs {state.Status.Name}; or give it up: qemulab stop {state.Status.Name}", Fault = ErrorKind.Failed },
        };
    }

    private static LifecycleState FoundGone(LifecycleState state, bool byGuest, DateTimeOffset now) => byGuest
        ? Gone(state, MachineState.Stopped, "the guest shut down while no daemon ran", null, null, now)
        : Gone(state, MachineState.Failed, "QEMU ended while no daemon ran: killed, crashed, its start cut off, or the host was restarted", $"start it: qemulab start {state.Status.Name}", ErrorKind.Failed, now);

    private static LifecycleState Fresh(LifecycleState state, MachineState entered, DateTimeOffset now) =>
        new(Enter(state.Status, entered, now) with { Phase = BootPhase.None, Reason = null, Hint = null, Fault = null, StartedAt = null, Restored = null, ReadyAfter = null, ProcessId = null, AgentConnected = false, Stages = null, Alarms = [] });

    private static LifecycleState Up(LifecycleState state, int processId, DateTimeOffset startedAt, bool cpusRun, DateTimeOffset now) =>
        new(Enter(state.Status, cpusRun ? MachineState.Running : MachineState.Paused, now) with
        {
            Phase = BootPhase.Process,
            ProcessId = processId,
            StartedAt = startedAt,
            Reason = null,
            Hint = null,
            Fault = null,
            Restored = null,
            ReadyAfter = null,
            AgentConnected = false,
            Alarms = [],
        });

    /// <summary>One that was ready before is so until the opposite is known: that a look comes through its phases again tells nothing new.</summary>
    private static LifecycleState Found(LifecycleState state, TimeSpan? readyAfter) =>
        readyAfter is null ? state : state with { Status = state.Status with { Phase = BootPhase.Ready, ReadyAfter = readyAfter } };

    private static LifecycleState Silent(LifecycleState state, MachineMessage.Unreachable silence, DateTimeOffset now) =>
        new(Enter(state.Status, MachineState.Unknown, now) with
        {
            Reason = silence.Reason,
            Hint = "run: qemulab stop --force " + state.Status.Name,
            Fault = ErrorKind.TimedOut,
            ProcessId = silence.ProcessId,
            StartedAt = silence.StartedAt,
        });

    private static LifecycleState Gone(LifecycleState state, MachineState entered, string? reason, string? hint, ErrorKind? fault, DateTimeOffset now) =>
        new(Enter(state.Status, entered, now) with { Phase = BootPhase.None, Reason = reason, Hint = hint, Fault = fault, ProcessId = null, StartedAt = null, Restored = null, ReadyAfter = null, AgentConnected = false });

    /// <summary>On the way to readiness again.</summary>
    private static LifecycleState Watched(LifecycleState state, RestoredMemory? restored) =>
        state with { Status = state.Status with { Phase = BootPhase.Process, ReadyAfter = null, Restored = restored, Reason = null, Hint = null, Fault = null } };

    private static LifecycleState WithPhase(LifecycleState state, MachineMessage.PhaseReached reached, DateTimeOffset now)
    {
        bool ready = reached.Phase == BootPhase.Ready;
        LifecycleState told = ready ? MachineAlarms.Without(state with { Resets = [] }, MachineAlarmKind.ResetLoop) : state;
        return told with
        {
            Status = told.Status with
            {
                Phase = reached.Phase,
                Reason = ready ? null : reached.Detail,
                Hint = null,
                Fault = null,
                ReadyAfter = ready ? now - (state.Status.Restored?.At ?? state.Status.StartedAt) : null,
            },
        };
    }

    private static LifecycleState WithFailedPhase(LifecycleState state, MachineMessage.NotReady notReady) =>
        state with { Status = state.Status with { Phase = BootPhase.Failed, Reason = notReady.Reason, Hint = notReady.Hint, Fault = notReady.Kind } };

    private static MachineStatus Enter(MachineStatus status, MachineState entered, DateTimeOffset now) =>
        status.State == entered ? status : status with { State = entered, Since = now };

    private static LifecycleState WithAgent(LifecycleState state, bool connected) => state with { Status = state.Status with { AgentConnected = connected } };

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
