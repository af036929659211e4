using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class TextTableTests
{
    private static TextTable Sample() => new TextTable(new("NAME"), new("STATE"), new("CPUS", RightAligned: true, DropOrder: 1), new("IMAGE", DropOrder: 2))
        .Add("control0", "Running (ready)", "2", "debian-12")
        .Add("w0", "Failed: no space left on the device", null, "");

    [Fact]
    public void Columns_are_aligned_and_nothing_is_cut_in_a_pipe() => Assert.Equal(
        """
        NAME       STATE                                 CPUS   IMAGE
        control0   Running (ready)                          2   debian-12
        w0         Failed: no space left on the device     --   --

        """.ReplaceLineEndings("\n"),
        Sample().Render(null));

    [Fact]
    public void A_narrow_terminal_costs_columns_first_and_then_letters() => Assert.Equal(
        """
        NAME       STATE
        control0   Running (ready)
        w0         Failed: no space…

        """.ReplaceLineEndings("\n"),
        Sample().Render(28));

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(40)]
    [InlineData(24)]
    public void No_line_is_wider_than_the_terminal(int width) =>
        Assert.All(Sample().Render(width).Split('\n'), line => Assert.InRange(line.Length, 0, width));
}
