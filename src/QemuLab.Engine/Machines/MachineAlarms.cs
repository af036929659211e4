using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Machines;

/// <summary>Which alarms a machine has after an event of QEMU's; pure.</summary>
public static class MachineAlarms
{
    /// <summary>So many resets within <see cref="ResetWindow"/>, without the guest having been ready in between, are a loop.</summary>
    public const int ResetLimit = 3;

    /// <summary>A slow guest with a firmware takes half a minute from one reset to the next.</summary>
    public static readonly TimeSpan ResetWindow = TimeSpan.FromMinutes(2);

    /// <summary>A guest's reboot may come as two resets, one right after the other.</summary>
    internal static readonly TimeSpan EchoOfReset = TimeSpan.FromSeconds(1);

    /// <summary>The state with the alarm that the event raises; the same state where it raises none.</summary>
    public static LifecycleState Raised(LifecycleState state, MachineMessage.Notified told, DateTimeOffset now)
    {
        QmpEvent happened = told.Event;
        string name = state.Status.Name;
        return happened.Name switch
        {
            "GUEST_PANICKED" => With(state, Panic(told.Console, name, now)),
            "BLOCK_IO_ERROR" when happened.Word("action") == "stop" && happened.IsTrue("nospace") =>
                With(state, new(MachineAlarmKind.DiskFull, $"no room left on this host for {DiskText(told.Disk)}", "make room: it goes on by itself then", now) { Disk = told.Disk }),
            "BLOCK_IO_ERROR" when happened.Word("action") != "ignore" && !IsCorrupted(state, told.Disk) =>
                With(state, new(MachineAlarmKind.DiskFailed, FailureText(told), "look at this host's disk: dmesg", now) { Disk = told.Disk }),
            "BLOCK_IMAGE_CORRUPTED" => With(state, Corrupted(name, told.Disk, told.DiskPath, happened.Word("msg") ?? "QEMU does not say why", now)),
            "WATCHDOG" => With(state, new(MachineAlarmKind.Watchdog, WatchdogText(happened.Word("action")), $"read: qemulab logs {name}", now)),

            // How often it may begin anew on its way through its stages is for these to say: an installer does, a recovery does.
            "RESET" when happened.IsTrue("guest") && state.Status.Phase != BootPhase.Ready && state.Status.Stages is not { Result: null } => Reset(state, now),
            _ => state,
        };
    }

    /// <summary>The state without the alarms whose cause has gone.</summary>
    public static LifecycleState Without(LifecycleState state, params ReadOnlySpan<MachineAlarmKind> kinds)
    {
        foreach (MachineAlarmKind kind in kinds)
        {
            if (state.Status.Alarms.Any(alarm => alarm.Kind == kind))
            {
                state = state with { Status = state.Status with { Alarms = [.. state.Status.Alarms.Where(alarm => alarm.Kind != kind)] } };
            }
        }

        return state;
    }

    /// <summary>The state with the alarm for a disk that QEMU has told of while no daemon was there.</summary>
    public static LifecycleState Found(LifecycleState state, MachineMessage.FoundCorrupted found, DateTimeOffset now) =>
        With(state, Corrupted(state.Status.Name, found.Disk, found.DiskPath, $"found while no daemon was there; read: qemulab logs {state.Status.Name} --qemu", now));

    /// <summary>With what to do in words that can be pasted.</summary>
    private static MachineAlarm Corrupted(string machine, string? disk, string? path, string why, DateTimeOffset now)
    {
        string check = $"qemu-img check -r all {(path is null ? "FILE" : Hosts.ShellQuoting.Quote(path))}";
        string hint = $"stop it, for each write may make it worse: qemulab stop {machine}; then: {check}; then: qemulab start {machine}";
        return new(MachineAlarmKind.DiskCorrupted, $"the file of {DiskText(disk)} is corrupted: {why}", hint, now) { Disk = disk };
    }

    /// <summary>Then each access fails, and tells nothing new.</summary>
    private static bool IsCorrupted(LifecycleState state, string? disk) => state.Status.Alarms.Any(alarm => alarm.Kind == MachineAlarmKind.DiskCorrupted && alarm.Disk == disk);

    private static LifecycleState Reset(LifecycleState state, DateTimeOffset now)
    {
        if (state.Resets is [.., var last] && now - last < EchoOfReset)
        {
            return state;
        }

        state = state with { Resets = [.. state.Resets.Where(earlier => now - earlier < ResetWindow), now] };
        string name = state.Status.Name;
        return state.Resets.Count < ResetLimit
            ? state
            : With(state, new(MachineAlarmKind.ResetLoop, "it resets again and again before it is ready", $"read: qemulab logs {name}; end it: qemulab stop --force {name}", now));
    }

    /// <summary>One alarm for each kind and message: the same again is counted.</summary>
    private static LifecycleState With(LifecycleState state, MachineAlarm alarm)
    {
        IReadOnlyList<MachineAlarm> alarms = state.Status.Alarms;
        MachineAlarm? known = alarms.FirstOrDefault(earlier => earlier.Kind == alarm.Kind && earlier.Message == alarm.Message);
        MachineAlarm raised = known is null ? alarm : known with { Count = known.Count + 1 };
        return state with { Status = state.Status with { Alarms = [.. alarms.Where(earlier => earlier != known), raised] } };
    }

    private static string WatchdogText(string? action) => "the guest no longer fed its watchdog" + action switch
    {
        "reset" => ": it was reset",
        "poweroff" => ": it was turned off",
        "pause" => ": it was paused",
        _ => "",
    };

    private static string DiskText(string? disk) => disk is not null ? $"its disk {disk}" : "one of its disks";

    private static string FailureText(MachineMessage.Notified told)
    {
        string what = told.Event.Word("operation") == "read" ? "read" : "written";
        string known = told.Event.Word("action") == "report" ? "; the guest was told" : "";
        return $"{DiskText(told.Disk)} could not be {what}: {told.Event.Word("reason") ?? "QEMU does not say why"}{known}";
    }

    /// <summary>In the kernel's own words, where it has written them; a panic of an earlier boot may stand before them.</summary>
    private static MachineAlarm Panic(IReadOnlyList<string> console, string name, DateTimeOffset now)
    {
        const string words = "Kernel panic - ";
        const string epitaph = "---[ end " + words;
        const int lines = 8;
        int panic = console.ToList().FindLastIndex(line => line.Contains(words, StringComparison.Ordinal) && !line.Contains(epitaph, StringComparison.Ordinal));
        string[] end = panic < 0 ? [] : [.. console.Skip(panic).Take(lines)];
        string why = end is [string first, ..] ? ": " + first[(first.IndexOf(words, StringComparison.Ordinal) + words.Length)..].Replace("not syncing: ", "", StringComparison.Ordinal) : "";
        string evidence = string.Join('\n', end.Length > 0 ? end : console.TakeLast(lines));
        return new MachineAlarm(MachineAlarmKind.GuestPanicked, "the guest's kernel panicked" + why, $"read: qemulab logs {name}; then: qemulab start {name}", now)
        {
            Evidence = evidence.Length > 0 ? evidence : null,
        };
    }
}
