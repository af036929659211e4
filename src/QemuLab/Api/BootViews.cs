using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>Why a machine is up or not.</summary>
internal sealed record WhyView
{
    public required string Lab { get; init; }

    public required string Name { get; init; }

    public required MachineState State { get; init; }

    public required BootPhase Phase { get; init; }

    /// <summary>Where it is, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The state's own reason; null where it needs none.</summary>
    public string? Reason { get; init; }

    /// <summary>The boot that is under way, or the last one; null where none is known.</summary>
    public BootView? Boot { get; init; }

    /// <summary>How far it has come in its stages; null where it has none.</summary>
    public StagesView? Stages { get; init; }

    /// <summary>The one that explains most first.</summary>
    public required IReadOnlyList<BootFinding> Findings { get; init; }

    /// <summary>What to do next; null where nothing is to be done.</summary>
    public string? Next { get; init; }
}

/// <summary>One boot.</summary>
/// <param name="End">Null while it goes on.</param>
/// <param name="Seconds">From its start to its end, or until now.</param>
/// <param name="Stages">In the order in which they were seen.</param>
internal sealed record BootView(DateTimeOffset StartedAt, BootOrigin Origin, BootEnd? End, double Seconds, IReadOnlyList<BootStageView> Stages)
{
    /// <summary>What took longest; null where it is not ready.</summary>
    public BootStage? Slowest { get; init; }
}

/// <param name="At">When it was seen.</param>
/// <param name="Seconds">Until the next one.</param>
/// <param name="IsCurrent">It goes on.</param>
internal sealed record BootStageView(BootStage Stage, DateTimeOffset At, double Seconds, bool IsCurrent);

/// <summary>A machine's last boots.</summary>
/// <param name="Boots">The oldest first.</param>
/// <param name="Slower">What takes clearly longer in the newest than in those before; <c>Ready</c> stands for the whole.</param>
internal sealed record HistoryView(string Lab, string Name, IReadOnlyList<BootView> Boots, IReadOnlyList<BootSlowdown> Slower);

/// <summary>Makes the API's records from the engine's boots.</summary>
internal static class ViewsOfBoots
{
    public static WhyView Why(this MachineStatus machine, MachinePlan plan, DateTimeOffset now)
    {
        BootReport report = BootInquiry.Of(plan, machine, now);
        return new WhyView
        {
            Lab = machine.Lab,
            Name = machine.Name,
            State = machine.State,
            Phase = machine.Phase,
            Summary = BootSummary.Of(machine, report.Boot, now),
            Reason = machine.Reason,
            Boot = report.Boot?.View(machine, now),
            Stages = machine.Stages(plan, now),
            Findings = report.Findings,
            Next = Next(machine, report.Findings),
        };
    }

    /// <param name="boot">The boot.</param>
    /// <param name="machine">Its machine, where it is its last boot: that may still be under way.</param>
    /// <param name="now">The time.</param>
    public static BootView View(this Boot boot, MachineStatus? machine, DateTimeOffset now)
    {
        bool goesOn = boot.End is null && machine is { IsUp: true } && machine.ProcessId == boot.ProcessId;
        // Nobody was there to see the end of one that is not under way and has none.
        DateTimeOffset end = boot.EndedAt ?? (goesOn ? now : boot.Last.At);
        BootStageView[] stages = [.. boot.Periods(end).Select(period => new BootStageView(period.Stage, period.At, Rounded(period.Seconds), goesOn && period.At == boot.Last.At))];
        return new BootView(boot.StartedAt, boot.Origin, boot.End ?? (goesOn ? null : BootEnd.Interrupted), Rounded((end - boot.StartedAt).TotalSeconds), stages)
        {
            Slowest = boot.End == BootEnd.Ready ? stages.MaxBy(stage => stage.Seconds)?.Stage : null,
        };
    }

    private static double Rounded(double seconds) => Math.Round(Math.Max(0, seconds), 3);

    private static string? Next(MachineStatus machine, IReadOnlyList<BootFinding> findings) =>
        findings.FirstOrDefault(finding => finding.Kind == BootFindingKind.Fault)?.Advice ?? machine.Hint ?? (findings is [var first, ..] ? first.Advice : null) ?? machine.State switch
        {
            MachineState.Stopped or MachineState.Failed => $"qemulab start {machine.Name}",
            MachineState.Suspended => $"qemulab resume {machine.Name}",
            MachineState.Paused => $"qemulab unpause {machine.Name}",
            _ => null,
        };
}
