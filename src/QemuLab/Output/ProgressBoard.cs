using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Output;

/// <summary>What is known of a launch while it goes on, put together from its events: a line for each machine. Draws nothing itself.</summary>
/// <param name="machines">The machines in the lab file's order.</param>
/// <param name="started">When it began.</param>
internal sealed partial class ProgressBoard(IEnumerable<string> machines, DateTimeOffset started)
{
    private readonly List<MachineProgress> rows = [.. machines.Select(name => new MachineProgress(name, "waiting", started))];
    private readonly Dictionary<string, string> images = [];
    private readonly Dictionary<string, (string Word, int Tenth)> imageNews = [];
    private readonly Dictionary<string, int> copyNews = [];
    private string? network;

    /// <summary>Takes an event in.</summary>
    /// <returns>A line for a log, or null where the event changes nothing that a log's reader wants to know.</returns>
    public string? Apply(LabEvent happened) => happened switch
    {
        { Kind: LabEventKind.Warning } => $"warning: {At(happened)}{happened.Message ?? happened.Word}",
        { Kind: LabEventKind.Alarm } => $"alarm: {At(happened)}{happened.Message ?? happened.Word}",
        { Kind: LabEventKind.Image } => ApplyImage(happened),
        { Kind: LabEventKind.Stage, Machine: { } machine } => ApplyStage(machine, happened),
        { Kind: LabEventKind.Network } => $"network: {network = happened.Message ?? happened.Word}",
        { Kind: LabEventKind.Hook } => null,
        { Machine: { } machine } => ApplyMachine(machine, happened),
        _ => null,
    };

    /// <summary>The lines as they stand, at most <paramref name="height"/> of them; machines at rest give way first.</summary>
    public IReadOnlyList<string> Render(int width, int height, DateTimeOffset now)
    {
        bool imagesMatter = rows.Any(row => row.Doing is "waiting" or "provisioning");
        List<string> lines = [.. (imagesMatter ? images.Values : Enumerable.Empty<string>()).Select(image => TextTable.Cut(image, width))];
        if (rows.All(row => row.Doing == "waiting") && network is not null)
        {
            lines.Add(TextTable.Cut($"network: {network}", width));
        }

        int nameWidth = Math.Min(rows.Count == 0 ? 0 : rows.Max(row => row.Name.Length), Math.Max(12, width / 3));
        List<MachineProgress> shown = rows;
        if (lines.Count + rows.Count > height)
        {
            shown = [.. rows.Where(row => !row.AtRest).Take(Math.Max(1, height - lines.Count - 1))];
        }

        lines.AddRange(shown.Select(row => row.Line(width, nameWidth, now)));
        if (shown.Count < rows.Count)
        {
            int ready = rows.Count(row => row.Doing == "ready");
            lines.Add(TextTable.Cut($"{ready} of {rows.Count} machines ready, {rows.Count - shown.Count} not shown", width));
        }

        return lines;
    }

    private string? ApplyImage(LabEvent happened)
    {
        string name = happened.Message?.Split(':')[0] ?? "";
        string text = $"image {happened.Message ?? happened.Word}";
        (string Word, int Tenth) news = (happened.Word, PercentSign().Match(text) is { Success: true } percent ? int.Parse(percent.Groups[1].Value, CultureInfo.InvariantCulture) / 10 : 0);
        bool said = imageNews.TryGetValue(name, out (string, int) before) && before == news;
        imageNews[name] = news;
        images[name] = text;
        return said ? null : text;
    }

    [GeneratedRegex(@"(\d{1,3})(?:\.\d+)? ?%")]
    private static partial Regex PercentSign();

    private string? ApplyMachine(string name, LabEvent happened)
    {
        MachineProgress? row = rows.Find(row => row.Name == name);
        if (row is null)
        {
            rows.Add(row = new MachineProgress(name, "waiting", happened.Time));
        }

        if (happened.Kind == LabEventKind.Phase && (row.Doing is "stopping" or "stopped"))
        {
            return null;
        }

        BootPhase phase = BootPhase.None;
        string doing = happened.Kind == LabEventKind.Phase && Enum.TryParse(happened.Word, ignoreCase: true, out phase)
            ? phase is BootPhase.Ready or BootPhase.Failed ? StatusText.Waiting(phase) : "booting: " + StatusText.Waiting(phase, happened.Message)
            : happened.Word.ToLowerInvariant();
        string before = row.Doing;
        bool news = row.Change(doing, phase == BootPhase.Console ? null : Detail(phase, happened.Message), happened.Time);
        if (happened.Kind == LabEventKind.Copy)
        {
            news = doing != before | IsNewTenth(name, happened, row);
        }

        return news ? $"{name}: {row.Text}{(row.AtRest ? $" after {Duration.Short(row.Elapsed(happened.Time))}" : "")}" : null;
    }

    /// <summary>Of bytes only every tenth of all, or every ten seconds, is worth a line in a log.</summary>
    private bool IsNewTenth(string machine, LabEvent happened, MachineProgress row)
    {
        int tenth = happened is { Done: { } done, Total: > 0 and { } total } ? (int)(10 * done / total) : (int)(row.Elapsed(happened.Time).TotalSeconds / 10);
        bool isNew = copyNews.GetValueOrDefault(machine) != tenth;
        copyNews[machine] = tenth;
        return isNew;
    }

    /// <summary>Where a stage has been reached, the machine's line says so until the next one is.</summary>
    private string? ApplyStage(string name, LabEvent happened)
    {
        string text = StatusText.FirstLine(happened.Message ?? "");
        if (happened.Word is StageNews.Reached or StageNews.Again && rows.Find(row => row.Name == name) is { } row)
        {
            row.Change($"stages: {text.Split(" after ", 2)[0]}", null, happened.Time);
        }

        return $"{name}: {StageLines.Word(happened.Word)}{text}";
    }

    /// <summary>What a phase says of itself, without what its word says already: of <c>cloud-init: init</c> the stage.</summary>
    private static string? Detail(BootPhase phase, string? message) =>
        message is not null && message.StartsWith(StatusText.Waiting(phase) + ": ", StringComparison.Ordinal) ? message[(StatusText.Waiting(phase).Length + 2)..] : message;

    private static string At(LabEvent happened) => happened.Machine is { } machine ? machine + ": " : "";
}
