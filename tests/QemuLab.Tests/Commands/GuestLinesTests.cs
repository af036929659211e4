using System.Text;
using QemuLab.Commands;

namespace QemuLab.Tests.Commands;

public class GuestLinesTests
{
    [Fact]
    public void Each_line_has_its_machines_name_the_last_one_too()
    {
        using var target = new StringWriter { NewLine = "\n" };

        Pump(new GuestLines(target, new Lock(), "box | ", () => { }), "one\n\ntwo");

        Assert.Equal("box | one\nbox | \nbox | two\n", target.ToString());
    }

    [Fact]
    public void For_a_script_it_is_kept_as_it_was_written()
    {
        using var target = new StringWriter();
        var lines = new GuestLines(target, new Lock(), null, () => { });

        Pump(lines, "one\ntwo");

        Assert.Equal(("one\ntwo", ""), (lines.Text, target.ToString()));
    }

    [Fact]
    public void A_line_without_end_comes_in_pieces()
    {
        using var target = new StringWriter { NewLine = "\n" };

        Pump(new GuestLines(target, new Lock(), "", () => { }), new string('x', 200_000));

        string[] pieces = target.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(pieces.Max(piece => piece.Length), 1, 80_000);
        Assert.Equal(200_000, pieces.Sum(piece => piece.Length));
    }

    private static void Pump(GuestLines lines, string text)
    {
        using var reader = new StreamReader(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        lines.Pump(reader);
    }
}
