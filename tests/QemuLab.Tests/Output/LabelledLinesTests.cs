using QemuLab.Output;

namespace QemuLab.Tests.Output;

public sealed class LabelledLinesTests
{
    [Fact]
    public void Each_line_has_the_name_before_it_and_lines_of_two_machines_are_never_mixed()
    {
        using var output = new StringWriter();
        IReadOnlyList<string> labels = LabelledLines.Labels(["a", "control0"], colours: false);
        LabelledLines first = new(labels[0], output), second = new(labels[1], output);

        first.Write("one\ntw");
        second.Write("x\n");
        first.Write("o\n\nlogin: ");
        second.Write("y\n");
        Assert.True(first.IsUnfinished);
        first.Finish();
        first.Finish();

        Assert.Equal("a        | one\ncontrol0 | x\na        | two\na        | \ncontrol0 | y\na        | login: \n", output.ToString());
    }

    [Fact]
    public void A_line_without_end_does_not_fill_the_memory()
    {
        using var output = new StringWriter();
        var lines = new LabelledLines("a | ", output);
        for (int i = 0; i < 100; i++)
        {
            lines.Write(new string('x', 1000));
        }

        Assert.InRange(output.ToString().Length, 80_000, 101_000);
    }

    [Fact]
    public void On_a_terminal_neighbours_have_different_colours()
    {
        IReadOnlyList<string> labels = LabelledLines.Labels([.. Enumerable.Range(0, 30).Select(i => $"m{i}")], colours: true);
        Assert.Equal("\e[36mm0  |\e[0m ", labels[0]);
        Assert.All(labels.Zip(labels.Skip(1)), pair => Assert.NotEqual(pair.First.Split('m')[0], pair.Second.Split('m')[0]));
    }
}
