using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Boots;

/// <summary>Looks at what a machine has left on disk of its last boot, and tells why it is where it is.</summary>
public static class BootInquiry
{
    /// <summary>A panic, with all that leads to it, is a few hundred lines.</summary>
    private const int Lines = 2000;

    private const int Window = 128 * 1024;

    public static BootReport Of(MachinePlan plan, MachineStatus status, DateTimeOffset now)
    {
        Boot? boot = History(plan) is [.., var last] ? last : null;
        return new BootReport(boot, BootDiagnosis.Of(Evidence(plan, status, boot, now)));
    }

    /// <summary>The end of a wait for a guest that still boots, with what explains it.</summary>
    /// <param name="code">The error's.</param>
    /// <param name="message">What was waited for, and how far it came.</param>
    /// <param name="plan">The machine.</param>
    /// <param name="status">As it is.</param>
    /// <param name="now">The time.</param>
    /// <param name="hint">What to do where nothing is wrong with it.</param>
    public static QemuLabException TimedOut(string code, string message, MachinePlan plan, MachineStatus status, DateTimeOffset now, string hint)
    {
        IReadOnlyList<BootFinding> findings = Of(plan, status, now).Findings;
        return new QemuLabException(ErrorKind.TimedOut, code, string.Join('\n', [message, .. FindingText.Lines(findings)]), FindingText.Advice(findings) ?? hint);
    }

    /// <summary>Its last boots, the oldest first.</summary>
    public static IReadOnlyList<Boot> History(MachinePlan plan) => BootLog.Read(plan.Directory.Boots);

    /// <summary>What the guest wrote in this boot, the last of it.</summary>
    internal static IReadOnlyList<string> Console(string serialLog, Boot? boot) => SerialTail.Read(serialLog, Lines, boot?.ConsoleFrom ?? 0, Window);

    private static BootEvidence Evidence(MachinePlan plan, MachineStatus status, Boot? boot, DateTimeOffset now) => new()
    {
        Machine = plan.Name,
        Boot = boot,
        Console = Console(plan.Directory.SerialLog, boot),
        Firmware = plan.Firmware,
        AnsweredBy = HostKeyOwner.Of(boot?.LoginFailure, plan.Directory.Path),
        Silence = SerialTail.Silence(plan.Directory.SerialLog, boot?.StartedAt ?? status.Since, now),
        Elapsed = now - (boot?.StartedAt ?? status.StartedAt ?? status.Since),
        IsOver = !status.IsUp || status.Phase == BootPhase.Ready,
        HasFailedStage = status.Stages?.Result is { IsPassed: false },
        IsUp = status.IsUp,
    };
}

/// <summary>A machine's last boot, and what explains it.</summary>
/// <param name="Boot">Null where none is known.</param>
/// <param name="Findings">The one that explains most first.</param>
public sealed record BootReport(Boot? Boot, IReadOnlyList<BootFinding> Findings);
