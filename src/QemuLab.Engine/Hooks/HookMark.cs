using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hooks;

/// <summary>
/// What a machine's hooks were last told of it. It outlives the daemon: the next one tells what has happened meanwhile, and
/// nothing a second time.
/// </summary>
/// <param name="State">The last state.</param>
/// <param name="Phase">How far its guest had come.</param>
/// <param name="ProcessId">Its QEMU; null where none ran.</param>
/// <param name="StartedAt">When that was started.</param>
/// <param name="Alarms">The alarms that were on, in <see cref="KeyOf"/>'s words.</param>
public sealed record HookMark(MachineState State, BootPhase Phase, int? ProcessId, DateTimeOffset? StartedAt, IReadOnlyList<string> Alarms)
{
    /// <summary>Of a machine that nothing was told of.</summary>
    public static HookMark New { get; } = new(MachineState.Stopped, BootPhase.None, null, null, []);

    /// <summary>Whether QEMU is there.</summary>
    public bool IsUp => State is MachineState.Starting or MachineState.Running or MachineState.Paused or MachineState.Stopping;

    /// <summary>Whether both are of one QEMU process.</summary>
    public bool IsOfSameStart(HookMark other) => ProcessId is not null && ProcessId == other.ProcessId && StartedAt == other.StartedAt;

    /// <summary>The mark when this is known. A machine whose QEMU is silent is what it was.</summary>
    public HookMark After(MachineStatus now) => now.State == MachineState.Unknown
        ? this
        : new HookMark(now.State, now.Phase, now.ProcessId, now.StartedAt, [.. now.Alarms.Select(KeyOf)]);

    /// <summary>What has happened between this mark and the status, in its order.</summary>
    public IEnumerable<HookEvent> Until(MachineStatus now)
    {
        bool isSame = IsOfSameStart(After(now));
        HookEvent? entered = now.State switch
        {
            MachineState.Running or MachineState.Paused when !isSame => State == MachineState.Suspended ? HookEvent.Resumed : HookEvent.Started,
            MachineState.Running when State == MachineState.Paused => HookEvent.Resumed,
            MachineState.Paused when State == MachineState.Running => HookEvent.Paused,
            MachineState.Suspended when State != MachineState.Suspended => HookEvent.Suspended,
            MachineState.Stopped when IsUp => HookEvent.Stopped,
            MachineState.Failed when State is not (MachineState.Failed or MachineState.CrashLoopBackOff) => HookEvent.Failed,
            MachineState.CrashLoopBackOff when State is not (MachineState.Failed or MachineState.CrashLoopBackOff) => HookEvent.Failed,
            _ => null,
        };
        if (entered is { } happened)
        {
            yield return happened;
        }

        if (now.State is MachineState.Running or MachineState.Paused && (!isSame || now.Phase != Phase) && now.Phase is BootPhase.Ready or BootPhase.Failed)
        {
            yield return now.Phase == BootPhase.Ready ? HookEvent.Ready : HookEvent.NotReady;
        }

        if (NewAlarms(now).Any())
        {
            yield return HookEvent.Alarm;
        }
    }

    /// <summary>Those that were not on before.</summary>
    public IEnumerable<MachineAlarm> NewAlarms(MachineStatus now) => now.Alarms.Where(alarm => !Alarms.Contains(KeyOf(alarm)));

    private static string KeyOf(MachineAlarm alarm) => alarm.Disk is { } disk ? $"{alarm.Kind} {disk}" : alarm.Kind.ToString();
}
