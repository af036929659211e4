using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Qmp;

public sealed class LineStreamTests
{
    [Fact]
    public async Task Line_ends_are_cut_off_and_an_unfinished_last_line_is_dropped()
    {
        var lines = new LineStream(new MemoryStream("one\r\n\ntwo\nrest"u8.ToArray()));

        Assert.Equal("one"u8.ToArray(), (await lines.ReadLineAsync())!.Value.ToArray());
        Assert.Empty((await lines.ReadLineAsync())!.Value.ToArray());
        Assert.Equal("two"u8.ToArray(), (await lines.ReadLineAsync())!.Value.ToArray());
        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task A_line_without_end_is_refused_before_it_fills_the_memory()
    {
        var lines = new LineStream(new MemoryStream(new byte[10_000]), longest: 5000);

        await Assert.ThrowsAsync<InvalidDataException>(async () => await lines.ReadLineAsync());
    }
}
