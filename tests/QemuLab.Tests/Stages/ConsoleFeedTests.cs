using System.Text;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Stages;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Stages;

public sealed class ConsoleFeedTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();

    private string Log => Path.Combine(folder.Path, "serial.log");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_log_is_read_once_as_it_grows_and_is_cut()
    {
        var log = new SerialLog(Log);
        log.MarkStart(DateTimeOffset.UnixEpoch);
        var feed = new ConsoleFeed(Log, 0);
        Assert.Equal("", Read(feed));

        File.AppendAllText(Log, "one ");
        Assert.Equal("one ", Read(feed));
        File.AppendAllText(Log, "two ");
        log.Cut(1024, DateTimeOffset.UnixEpoch);
        File.AppendAllText(Log, "three");

        Assert.Equal("two three", Read(feed));
        Assert.Equal(13, feed.Place);
        Assert.Equal("", Read(feed));
        Assert.Equal("three", Read(new ConsoleFeed(Log, 8)));
    }

    [Fact]
    public void What_was_cut_off_unread_is_passed_over()
    {
        var log = new SerialLog(Log);
        var feed = new ConsoleFeed(Log, 0);
        File.AppendAllText(Log, "lost\n");
        log.Cut(1024, DateTimeOffset.UnixEpoch);
        File.AppendAllText(Log, "kept\n");
        log.Cut(1024, DateTimeOffset.UnixEpoch);
        File.AppendAllText(Log, "new");

        Assert.Equal("kept\nnew", Read(feed));
    }

    private static string Read(ConsoleFeed feed)
    {
        var text = new StringBuilder();
        Span<byte> piece = stackalloc byte[3];
        for (int count; (count = feed.Read(piece)) > 0;)
        {
            text.Append(Encoding.ASCII.GetString(piece[..count]));
        }

        return text.ToString();
    }
}
