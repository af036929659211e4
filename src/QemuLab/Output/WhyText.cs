using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Stages;

namespace QemuLab.Output;

/// <summary>Why a machine is up or not, in lines for people.</summary>
internal static class WhyText
{
    private const int NameWidth = 20, SecondsWidth = 9, Margin = 2;

    public static string Of(WhyView machine, int? width)
    {
        // What a reason quotes, a cause quotes too.
        bool isExplained = machine.Findings.Any(finding => finding.Kind == BootFindingKind.Fault);
        List<string> lines = [Prose.Hang(machine.Summary, width, Margin), .. (isExplained ? [] : machine.Reason?.Split('\n') ?? []).Skip(1).Select(line => "  " + line)];
        if (machine.Boot is { } boot)
        {
            lines.AddRange(Stages(boot));
        }

        if (machine.Stages is { StartedAt: not null } stages)
        {
            lines.Add("stages:");
            lines.AddRange(stages.Stages.Select(stage => $"  {stage.Name,-NameWidth}{(stage.Seconds is { } seconds ? Seconds(seconds) : ""),SecondsWidth}{(stage.State == StagePhase.UnderWay ? "   now" : stage.State == StagePhase.Reached ? "" : $"   {StageLines.StateOf(stage)}")}"));
        }

        foreach (BootFinding finding in machine.Findings)
        {
            lines.Add(Prose.Hang($"{Word(finding.Kind)}: {finding.Meaning} ({finding.Code})", width, Margin));
            lines.AddRange(finding.Quote is { } quote ? ["  > " + Prose.Hang(quote, width, 4)] : (string[])[]);
        }

        lines.AddRange(machine.Next is { } next ? ["next: " + next] : (string[])[]);
        return string.Concat(lines.Select(line => TerminalText.Plain(line) + "\n"));
    }

    private static IEnumerable<string> Stages(BootView boot)
    {
        string begun = boot.StartedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        string origin = boot.Origin == BootOrigin.Reset ? ", after a reset" : "";
        yield return boot.End is null ? $"boot of {begun}{origin}:" : $"last boot, of {begun}{origin}: {Word(boot.End.Value)} after {Seconds(boot.Seconds)}";
        foreach (BootStageView stage in boot.Stages)
        {
            string mark = stage.IsCurrent ? "   now" : stage.Stage == boot.Slowest && boot.Stages.Count > 1 ? "   slowest" : "";
            yield return $"  {BootStages.Word(stage.Stage),-NameWidth}{Seconds(stage.Seconds),SecondsWidth}{mark}";
        }
    }

    internal static string Word(BootEnd end) => end switch
    {
        BootEnd.Ready => "ready",
        BootEnd.NotReady => "not ready",
        _ => "broken off",
    };

    internal static string Seconds(double seconds) => BootSummary.Seconds(TimeSpan.FromSeconds(seconds));

    private static string Word(BootFindingKind kind) => kind switch
    {
        BootFindingKind.Fault => "cause",
        BootFindingKind.Warning => "warning",
        _ => "note",
    };
}
