using System.Text;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

public sealed class SerialTailTests
{
    [Theory]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("\u001b[2J\u001b[01;01HBdsDxe: loading\r\n", "BdsDxe: loading")]
    [InlineData("\u001b[01;01Hone screen\u001b[2;1H\u001b[7mand its second line", "one screen|and its second line")]
    [InlineData("[\u001b[0;32m  OK  \u001b[0m] Started ssh\n", "[  OK  ] Started ssh")]
    [InlineData("\u001b]0;title\u0007x\n\u001b]2;t\u001b\\y\n", "x|y")]
    [InlineData("10 %\r50 %\r100 %\n", "100 %")]
    [InlineData("\u001bc\u001b(B\u001b=x\u0007\u0000y\n", "xy")]
    [InlineData("cut \u001b[3", "cut")]
    [InlineData("cut \u001b", "cut")]
    [InlineData("\n\n  \nlast", "last")]
    public void Escapes_and_what_was_drawn_over_are_gone(string text, string lines) =>
        Assert.Equal(lines, string.Join('|', SerialTail.Clean(text)));

    [Fact]
    public void Only_the_last_lines_are_read_even_when_the_window_begins_inside_of_a_character()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("serial.log");
        File.WriteAllText(path, string.Concat(Enumerable.Range(0, 5000).Select(i => $"zeile {i} ü\n")));
        using var writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        writer.Write(Encoding.UTF8.GetBytes("halb ü").AsSpan()[..^1]);
        writer.Flush();

        Assert.Equal(["zeile 4998 ü", "zeile 4999 ü", "halb \ufffd"], SerialTail.Read(path, 3));
        IReadOnlyList<string> all = SerialTail.Read(path, 100_000);
        Assert.All(all.SkipLast(1), line => Assert.Matches("^zeile \\d{4} ü$", line));
    }

    [Fact]
    public void No_log_has_no_lines() =>
        Assert.Equal((0, 0L), (SerialTail.Read("/nowhere/serial.log", 5).Count, SerialTail.Length("/nowhere/serial.log")));
}
