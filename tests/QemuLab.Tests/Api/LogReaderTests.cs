using System.Text;
using QemuLab.Api;
using QemuLab.Engine.Consoles;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

public sealed class LogReaderTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();
    private readonly SerialLog log;
    private readonly LogReader reader;

    public LogReaderTests()
    {
        log = new SerialLog(folder.File("serial.log"));
        reader = new LogReader(log.Path, isSerial: true);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_comes_is_read_once()
    {
        reader.Begin(null);
        Assert.Equal("", Read());
        Append("a\n");
        Assert.Equal("a\n", Read());
        Assert.Equal("", Read());
        Append("b\n");
        Assert.Equal("b\n", Read());
    }

    [Fact]
    public void Nothing_is_lost_or_read_twice_when_the_file_is_cut()
    {
        Append("a\nb\n");
        reader.Begin(null);
        Assert.Equal("a\nb\n", Read());
        Append("c\n");
        log.Cut(1000, DateTimeOffset.UnixEpoch);
        Append("d\n");
        Assert.Equal("c\nd\n", Read());
        Append("e\n");
        Assert.Equal("e\n", Read());
    }

    [Fact]
    public void A_reader_that_was_far_behind_goes_on_with_what_is_left()
    {
        Append("first\n");
        reader.Begin(null);
        Assert.Equal("first\n", Read());
        Append("lost\nkept\n");
        log.Cut(6, DateTimeOffset.UnixEpoch);
        Assert.Equal("kept\n", Read());
    }

    [Fact]
    public void A_file_that_somebody_else_empties_is_read_from_its_beginning_after_a_while()
    {
        Append("long line\n");
        reader.Begin(null);
        Read();
        File.WriteAllText(log.Path, "new\n");
        Assert.Equal("", Read());
        Assert.Equal("new\n", string.Concat(Enumerable.Range(0, 20).Select(_ => Read())));
    }

    [Fact]
    public void A_file_that_goes_and_comes_back_is_read_again()
    {
        Append("one\n");
        reader.Begin(null);
        Read();
        File.Delete(log.Path);
        Assert.Equal("", string.Concat(Enumerable.Range(0, 20).Select(_ => Read())));
        Append("two\n");
        Assert.Equal("two\n", Read());
    }

    [Theory]
    [InlineData(1, "d\n")]
    [InlineData(2, "c\nd\n")]
    [InlineData(3, "b\nc\nd\n")]
    [InlineData(9, "a\nb\nc\nd\n")]
    [InlineData(0, "")]
    [InlineData(null, "a\nb\nc\nd\n")]
    public void The_last_lines_may_be_in_both_files(int? lines, string text)
    {
        Append("a\nb\n");
        log.Cut(1000, DateTimeOffset.UnixEpoch);
        Append("c\nd\n");
        reader.Begin(lines);
        Assert.Equal(text, Read());
    }

    [Fact]
    public void What_is_written_while_the_last_lines_are_looked_for_comes_after_them()
    {
        Append("a\nb\n");
        reader.Begin(1);
        Append("c\n");
        Assert.Equal(("b\n", "c\n", ""), (Read(), Read(), Read()));
    }

    [Fact]
    public void Of_lines_and_a_place_the_later_one_counts()
    {
        Append("a\nb\nc\n");
        reader.Begin(2, place: 4);
        Assert.Equal("c\n", Read());
        reader.Begin(1, place: 0);
        Assert.Equal("c\n", Read());
    }

    [Fact]
    public void Of_QEMUs_own_log_whose_beginning_was_cut_out_the_zeros_are_not_read()
    {
        File.WriteAllText(log.Path, new string('\0', 100_000) + "warning: x\n");
        Assert.Equal("warning: x\n", LogFile.Tail(log.Path, null));
    }

    private string Read()
    {
        var text = new StringBuilder();
        reader.Read(bytes => text.Append(Encoding.UTF8.GetString(bytes)));
        return text.ToString();
    }

    private void Append(string text) => File.AppendAllText(log.Path, text);
}
