using System.Diagnostics;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Consoles;

public sealed class SerialLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory folder = new();
    private readonly SerialLog log;

    public SerialLogTests() => log = new SerialLog(folder.File("serial.log"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_cut_off_is_kept_beside_the_file_and_begins_with_a_whole_line()
    {
        Append("first\nsecond\nthird\n");

        log.Cut(keep: 9, Noon);

        Assert.Equal(("", "third\n"), (File.ReadAllText(log.Path), File.ReadAllText(log.Previous)));
        Assert.Equal((19, 13), (log.Base, log.Oldest));
    }

    [Fact]
    public void Whoever_has_the_file_open_for_appending_writes_on_at_its_new_beginning()
    {
        using Process guest = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec >> '{log.Path}'; echo old; echo >&2; read line; echo $line"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        guest.StandardError.ReadLine();
        log.Cut(keep: 100, Noon);
        guest.StandardInput.WriteLine("new");
        Assert.True(guest.WaitForExit(TimeSpan.FromSeconds(30)));

        Assert.Equal(("new\n", "old\n"), (File.ReadAllText(log.Path), File.ReadAllText(log.Previous)));
    }

    [Fact]
    public void A_start_is_found_again_after_the_file_was_cut()
    {
        Append("before\n");
        log.MarkStart(Noon);
        Append("booting\n");
        log.Cut(keep: 100, Noon.AddMinutes(1));
        Append("running\n");

        Assert.Equal((7L, 15L, 0L), (log.LastStart, log.Base, log.Oldest));
        log.Cut(keep: 100, Noon.AddMinutes(2));
        Assert.Equal((7L, 23L, 15L), (log.LastStart, log.Base, log.Oldest));
    }

    [Fact]
    public void A_time_leads_to_the_last_place_that_is_known_to_be_earlier()
    {
        Append("12345");
        log.MarkSeen(Noon);
        Append("67890");
        log.MarkSeen(Noon.AddSeconds(10));

        Assert.Equal([0, 5, 5, 10, 10], ((int[])[-1, 0, 9, 10, 3600]).Select(seconds => log.Since(Noon.AddSeconds(seconds))));
    }

    [Fact]
    public void Marks_do_not_grow_without_end_and_half_a_mark_is_none()
    {
        log.MarkStart(Noon);
        for (int i = 0; i < 5000; i++)
        {
            log.MarkSeen(Noon.AddSeconds(10 * i));
        }

        Assert.InRange(new FileInfo(log.Marks).Length, 1, 34_000);
        Assert.Equal(0, log.LastStart);
        Assert.Equal(Enumerable.Range(4700, 300).Select(i => $"Seen 0 {Noon.AddSeconds(10 * i).ToUnixTimeMilliseconds()}"), File.ReadAllLines(log.Marks)[^300..]);
        File.AppendAllText(log.Marks, "Start 77");
        Assert.Equal(0, log.LastStart);
        Assert.Null(SerialMark.Parse("Start 1 99999999999999999"));
        Assert.Equal(new SerialMark(SerialMarkKind.Cut, 7, Noon), SerialMark.Parse(new SerialMark(SerialMarkKind.Cut, 7, Noon).ToString().TrimEnd('\n')));
    }

    [Fact]
    public void A_log_without_marks_has_no_start_and_is_not_missed()
    {
        Append("x");
        Assert.Equal((null, 0, 0, 0), (log.LastStart, log.Base, log.Oldest, log.Since(Noon)));
    }

    [Fact]
    public void The_last_lines_are_found_though_the_file_was_cut_a_moment_ago()
    {
        Append("one\ntwo\n");
        log.Cut(keep: 100, Noon);
        Append("three\n");

        Assert.Equal(["two", "three"], SerialTail.Read(log.Path, 2));
    }

    private void Append(string text) => File.AppendAllText(log.Path, text);
}
