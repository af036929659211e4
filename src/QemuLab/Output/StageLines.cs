using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Stages;

namespace QemuLab.Output;

/// <summary>A machine's stages in lines for people.</summary>
internal static class StageLines
{
    /// <summary>A table of one or several machines.</summary>
    public static TextTable Table(IReadOnlyList<StagesView> machines)
    {
        var table = new TextTable(new("MACHINE"), new("STAGE"), new("STATE"), new("SECONDS", RightAligned: true), new("MATCHED", DropOrder: 1));
        foreach (StagesView machine in machines)
        {
            foreach (StageView stage in machine.Stages)
            {
                table.Add(machine.Machine, stage.Name, StateOf(stage), stage.Seconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0}") : null, stage.Matched is { } line ? TerminalText.Plain(line) : null);
            }
        }

        return table;
    }

    /// <summary>How they ended; null where they have not.</summary>
    public static string? Result(StagesView machine) => machine.Result switch
    {
        null => null,
        { Code: 0 } => string.Create(CultureInfo.InvariantCulture, $"{machine.Machine}: all {machine.Stages.Count} stages after {WhyText.Seconds(machine.Seconds ?? 0)}"),
        var result => TerminalText.Plain(string.Create(CultureInfo.InvariantCulture, $"{machine.Machine}: {result.Message} (exit code {result.Code})")),
    };

    /// <summary>What an event of a stage begins with.</summary>
    public static string Word(string word) => word switch
    {
        StageNews.Reached => "stage ",
        StageNews.Failed => "failed: ",
        StageNews.Marked => "mark: ",
        _ => "",
    };

    public static string StateOf(StageView stage) => stage.State switch
    {
        StagePhase.UnderWay => stage.Rounds > 1 ? string.Create(CultureInfo.InvariantCulture, $"under way, round {stage.Rounds}") : "under way",
        var state => state.ToString().ToLowerInvariant(),
    };
}
