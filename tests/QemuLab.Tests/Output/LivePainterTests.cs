using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class LivePainterTests
{
    [Fact]
    public void Only_lines_that_changed_are_written_again()
    {
        var screen = new StringWriter();
        var painter = new LivePainter(screen);
        painter.Paint(["control0 booting", "worker0 booting"]);
        screen.GetStringBuilder().Clear();
        painter.Paint(["control0 booting", "worker0 ready"]);
        Assert.Equal("\e[?25l\e[2A\r\r\nworker0 ready\e[K\r\n\e[?25h", screen.ToString());
    }

    [Fact]
    public void Nothing_is_written_where_nothing_changed()
    {
        var screen = new StringWriter();
        var painter = new LivePainter(screen);
        painter.Paint(["a"]);
        screen.GetStringBuilder().Clear();
        painter.Paint(["a"]);
        Assert.Empty(screen.ToString());
    }

    [Fact]
    public void The_block_is_gone_at_the_end()
    {
        var screen = new StringWriter();
        var painter = new LivePainter(screen);
        painter.Paint(["a", "b"]);
        screen.GetStringBuilder().Clear();
        painter.Clear();
        Assert.Equal("\e[2A\r\e[J", screen.ToString());
    }
}
