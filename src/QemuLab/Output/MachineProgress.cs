namespace QemuLab.Output;

/// <summary>One machine's line on the progress board.</summary>
internal sealed class MachineProgress(string name, string doing, DateTimeOffset started)
{
    private DateTimeOffset? ended;
    private string? message;

    public string Name => name;

    /// <summary>In one word or two: <c>waiting</c>, <c>provisioning</c>, <c>booting: cloud-init</c>, <c>ready</c>.</summary>
    public string Doing { get; private set; } = doing;

    /// <summary>Nothing more is to come by itself.</summary>
    public bool AtRest => Doing is "ready" or "not ready" or "failed" or "stopped" or "suspended" or "copied";

    public string Text => message is null ? Doing : $"{Doing} ({StatusText.FirstLine(message)})";

    /// <returns>Whether it says something new.</returns>
    public bool Change(string doing, string? message, DateTimeOffset now)
    {
        string before = Text;
        (Doing, this.message) = (doing, message);
        ended = AtRest ? ended ?? now : null;
        return Text != before;
    }

    public TimeSpan Elapsed(DateTimeOffset now) => (ended ?? now) - started;

    public string Line(int width, int nameWidth, DateTimeOffset now)
    {
        string seconds = Doing == "waiting" ? "" : Duration.Short(Elapsed(now));
        int textWidth = Math.Max(8, width - nameWidth - 2 - 8);
        return $"{TextTable.Cut(name, nameWidth).PadRight(nameWidth)}  {TextTable.Cut(Text, textWidth).PadRight(textWidth)}{seconds,7}".TrimEnd();
    }
}
