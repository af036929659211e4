namespace QemuLab.Engine.Machines;

/// <summary>What an alarm is about.</summary>
public enum MachineAlarmKind
{
    /// <summary>The guest's kernel has panicked.</summary>
    GuestPanicked,

    /// <summary>A disk's file has no room left on the host; the machine waits for some.</summary>
    DiskFull,

    /// <summary>A disk could not be read or written.</summary>
    DiskFailed,

    /// <summary>A disk's file is not consistent in itself.</summary>
    DiskCorrupted,

    /// <summary>The guest no longer fed its watchdog.</summary>
    Watchdog,

    /// <summary>The guest begins anew again and again before it is ready.</summary>
    ResetLoop,
}

/// <summary>Something that is wrong with a machine, whether it runs or not, until its cause has gone.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Message">What happened, for people; one line.</param>
/// <param name="Hint">What to do; null where the machine's state tells.</param>
/// <param name="Since">When it happened first.</param>
/// <param name="Count">How often it has happened.</param>
public sealed record MachineAlarm(MachineAlarmKind Kind, string Message, string? Hint, DateTimeOffset Since, int Count = 1)
{
    /// <summary>The lab file's name of the disk that it is about; null where it is about none.</summary>
    public string? Disk { get; init; }

    /// <summary>What shows it, such as the last lines of the guest's console; null where the message says all.</summary>
    public string? Evidence { get; init; }

    /// <summary>Message and evidence.</summary>
    public string Story => Evidence is null ? Message : $"{Message}\n{Evidence}";

    /// <summary>The machine runs with something broken, rather than having ended or standing still for it.</summary>
    public bool Degrades => Kind is MachineAlarmKind.DiskFailed or MachineAlarmKind.DiskCorrupted or MachineAlarmKind.ResetLoop;
}
