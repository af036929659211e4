using System.Globalization;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class ProgressBoardTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static LabEvent Event(LabEventKind kind, string? machine, string word, string? message = null, int seconds = 0) =>
        new(1, Start.AddSeconds(seconds), kind, "k8s", machine, word, message);

    [Fact]
    public void Each_machine_has_a_line_with_what_it_is_at_and_for_how_long()
    {
        var board = new ProgressBoard(["control0", "worker0"], Start);
        board.Apply(Event(LabEventKind.Phase, "control0", "Login"));
        board.Apply(Event(LabEventKind.Phase, "worker0", "Ready", seconds: 12));
        Assert.Equal(
            ["control0  booting: cloud-init               1m5s", "worker0   ready                              12s"],
            board.Render(49, 20, Start.AddSeconds(65)));
    }

    [Fact]
    public void A_log_gets_a_line_for_each_change_and_none_for_a_repetition()
    {
        var board = new ProgressBoard(["control0"], Start);
        Assert.Equal("control0: starting", board.Apply(Event(LabEventKind.State, "control0", "Starting")));
        Assert.Null(board.Apply(Event(LabEventKind.State, "control0", "Starting")));
        Assert.Equal("control0: ready after 9s", board.Apply(Event(LabEventKind.Phase, "control0", "Ready", seconds: 9)));
    }

    [Fact]
    public void A_download_is_news_every_ten_percent()
    {
        var board = new ProgressBoard(["control0"], Start);
        string?[] lines = [.. Enumerable.Range(0, 101).Select(percent => board.Apply(Event(LabEventKind.Image, null, "download", string.Create(CultureInfo.InvariantCulture, $"debian-12: {percent} % of 400MiB"))))];
        Assert.Equal(11, lines.Count(line => line is not null));
        Assert.Equal("image debian-12: 0 % of 400MiB", lines[0]);
    }

    [Fact]
    public void A_copy_is_news_every_tenth_of_it_and_every_ten_seconds_where_nobody_knows_how_much_there_is()
    {
        var board = new ProgressBoard(["control0", "worker0"], Start);
        string?[] known = [.. Enumerable.Range(0, 101).Select(percent => board.Apply(Event(LabEventKind.Copy, "control0", "Copying", $"{percent}MiB of 100MiB", percent) with { Done = percent, Total = 100 }))];
        Assert.Equal(11, known.Count(line => line is not null));
        Assert.Equal("control0: copying (0MiB of 100MiB)", known[0]);
        Assert.Equal("control0: copied after 1m40s", board.Apply(Event(LabEventKind.Copy, "control0", "Copied", seconds: 100)));
        string?[] unknown = [.. Enumerable.Range(0, 31).Select(second => board.Apply(Event(LabEventKind.Copy, "worker0", "Copying", $"{second}MiB", second) with { Done = second }))];
        Assert.Equal(4, unknown.Count(line => line is not null));
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(40, 10)]
    public void Thirty_machines_fit_any_terminal(int width, int height)
    {
        string[] names = [.. Enumerable.Range(0, 30).Select(i => $"a-machine-with-a-very-long-name-{i}")];
        var board = new ProgressBoard(names, Start);
        foreach (string name in names)
        {
            board.Apply(Event(LabEventKind.Phase, name, "Console", new string('x', 200)));
        }

        IReadOnlyList<string> lines = board.Render(width, height, Start.AddHours(3));
        Assert.InRange(lines.Count, 1, height);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.EndsWith("not shown", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_warning_is_told_at_once_with_its_machine() =>
        Assert.Equal("warning: debian-12 cannot be downloaded", new ProgressBoard([], Start).Apply(Event(LabEventKind.Warning, null, "image-fallback", "debian-12 cannot be downloaded")));
}
