using QemuLab.Api;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

public class LogFileTests
{
    [Theory]
    [InlineData("a\nb\nc\n", 2, "b\nc\n")]
    [InlineData("a\nb\nc", 1, "c")]
    [InlineData("a\nb\n", 9, "a\nb\n")]
    [InlineData("a\nb\n", 0, "")]
    [InlineData("", 3, "")]
    public void The_tail_is_the_last_lines(string text, int lines, string tail)
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("log"), text);
        Assert.Equal(tail, LogFile.Tail(folder.File("log"), lines));
    }

    [Fact]
    public void Lines_longer_than_the_reading_buffer_come_whole()
    {
        using var folder = new TemporaryDirectory();
        string line = new('x', 200_000);
        File.WriteAllText(folder.File("log"), $"first\n{line}\nlast\n");
        Assert.Equal($"{line}\nlast\n", LogFile.Tail(folder.File("log"), 2));
    }

    [Fact]
    public void A_log_that_is_not_there_yet_is_empty() => Assert.Equal("", LogFile.Tail("/nonexistent/serial.log", 5));
}
