using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Machines;

/// <summary>Which alarms a machine has after an event of QEMU's; pure.</summary>
public static class MachineAlarms
{
    /// <summary>So many resets within <see cref="ResetWindow"/>, without the guest having been ready in between, are a loop.</summary>
    public const int ResetLimit = 3;

    /// <summary>A slow guest with a firmware takes half a minute from one reset to the next.</summary>
    public static readonly TimeSpan ResetWindow = TimeSpan.FromMinutes(2);

    /// <summary>The state with the alarm that the event raises; the same state where it raises none.</summary>
    public static LifecycleState Raised(LifecycleState state, MachineMessage.Notified told, DateTimeOffset now)
    {
        QmpEvent happened = told.Event;
        string name = state.Status.Name;
        return happened.Name switch
        {
            "GUEST_PANICKED" => With(state, Panic(told.Console, name, now)),
            "BLOCK_IO_ERROR" when happened.Word("action") == "stop" && happened.IsTrue("nospace") =>
                With(state, new(MachineAlarmKind.DiskFull, $"no room left on this host for {DiskText(told)}", "make room: it goes on by itself then", now)),
            "BLOCK_IO_ERROR" when happened.Word("action") != "ignore" => With(state, new(MachineAlarmKind.DiskFailed, FailureText(told), "look at this host's disk: dmesg", now)),
            "BLOCK_IMAGE_CORRUPTED" => With(state, new(MachineAlarmKind.DiskCorrupted, $"the file of {DiskText(told)} is corrupted: {happened.Word("msg") ?? "QEMU does not say why"}", MendText(name, told.DiskPath), now)),
            "WATCHDOG" => With(state, new(MachineAlarmKind.Watchdog, $"the guest no longer fed its watchdog ({happened.Word("action") ?? "none"})", $"read: qemulab logs {name}", now)),
            "RESET" when happened.IsTrue("guest") && state.Status.Phase != BootPhase.Ready => Reset(state, now),
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

    /// <summary>What a disk that was found corrupted is told with: what to do, in words that can be pasted.</summary>
    private static string MendText(string machine, string? path) =>
        $"stop it, for each write makes it worse: qemulab stop {machine}; then: qemu-img check -r all {(path is null ? "FILE" : Hosts.ShellQuoting.Quote(path))}; then: qemulab start {machine}";

    private static LifecycleState Reset(LifecycleState state, DateTimeOffset now)
    {
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

    private static string DiskText(MachineMessage.Notified told) => told.Disk is { } disk ? $"its disk {disk}" : "one of its disks";

    private static string FailureText(MachineMessage.Notified told)
    {
        string what = told.Event.Word("operation") == "read" ? "read" : "written";
        string known = told.Event.Word("action") == "report" ? "; the guest was told" : "";
        return $"{DiskText(told)} could not be {what}: {told.Event.Word("reason") ?? "QEMU does not say why"}{known}";
    }

    /// <summary>In the kernel's own words, where it has written them.</summary>
    private static MachineAlarm Panic(IReadOnlyList<string> console, string name, DateTimeOffset now)
    {
        const string words = "Kernel panic - ";
        const int lines = 8;
        string[] end = [.. console.SkipWhile(line => !line.Contains(words, StringComparison.Ordinal)).Take(lines)];
        string why = end is [string first, ..] ? ": " + first[(first.IndexOf(words, StringComparison.Ordinal) + words.Length)..] : "";
        string evidence = string.Join('\n', end.Length > 0 ? end : console.TakeLast(lines));
        return new MachineAlarm(MachineAlarmKind.GuestPanicked, "the guest's kernel panicked" + why, $"read: qemulab logs {name}; then: qemulab start {name}", now)
        {
            Evidence = evidence.Length > 0 ? evidence : null,
        };
    }
}
