using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Boots;

/// <summary>Where a machine is, in one sentence.</summary>
public static class BootSummary
{
    public static string Of(MachineStatus status, Boot? boot, DateTimeOffset now)
    {
        string name = status.Name, because = status.Reason is { } reason ? $": {WithoutName(reason.Split('\n')[0], status.Name)}" : "";
        return (status.State, status.Phase) switch
        {
            (MachineState.Running, not BootPhase.Failed) when status.Stages is { Result: null } at => string.Create(CultureInfo.InvariantCulture, $"{name} is at stage {at.Current} ({at.Done + 1} of {at.Total})"),
            (MachineState.Running, BootPhase.Ready) => $"{name} is ready{After(status)}",
            (MachineState.Running, BootPhase.Failed) => status.Reason?.StartsWith(name + " ", StringComparison.Ordinal) == true ? because[2..] : $"{name} runs, and is not ready{because}",
            (MachineState.Running, _) => $"{name} is booting" + (boot is { End: null } ? $": {BootStages.Word(boot.Last.Stage)} for {Seconds(now - boot.Last.At)}, {Seconds(now - boot.StartedAt)} after its start" : ""),
            (MachineState.Paused, _) => $"{name} stands still{because}",
            (MachineState.Suspended, _) => $"{name} sleeps, with its memory on disk{because}",
            (MachineState.Stopped, _) => $"{name} is stopped{because}",
            (MachineState.Failed, _) => $"{name} has failed{because}",
            (MachineState.CrashLoopBackOff, _) => $"{name} waits for its next start{because}",
            (MachineState.Unknown, _) => $"{name} does not answer{because}",
            (MachineState.Provisioning, _) => $"the disks and the seed of {name} are being made",
            (MachineState.Starting, _) => $"the QEMU of {name} is being started",
            _ => $"{name} is being stopped",
        };
    }

    private static string WithoutName(string reason, string name) => reason.StartsWith(name + ": ", StringComparison.Ordinal) ? reason[(name.Length + 2)..] : reason;

    private static string After(MachineStatus status) => (status.Restored, status.ReadyAfter) switch
    {
        (not null, { } after) => $", {Seconds(after)} after it went on with its memory",
        (null, { } after) => $", {Seconds(after)} after its start",
        _ => "",
    };

    /// <summary><c>3.2 s</c>, and from a hundred seconds on without a fraction.</summary>
    public static string Seconds(TimeSpan span) => Math.Max(0, span.TotalSeconds).ToString(span.TotalSeconds < 100 ? "0.0 s" : "0 s", CultureInfo.InvariantCulture);
}
