using System.Text;

namespace QemuLab.Output;

/// <summary>
/// A block of lines at the bottom of a terminal that is painted over in place. Only lines that changed are written, and all
/// of them in one write, so that nothing flickers. Lines must be narrower than the terminal: a wrapped line cannot be counted.
/// </summary>
internal sealed class LivePainter(TextWriter writer)
{
    private const string HideCursor = "\e[?25l", ShowCursor = "\e[?25h", EraseLine = "\e[K", EraseBelow = "\e[J";
    private IReadOnlyList<string> painted = [];

    public void Paint(IReadOnlyList<string> lines)
    {
        if (painted.SequenceEqual(lines))
        {
            return;
        }

        var text = new StringBuilder(HideCursor);
        Up(text);
        for (int i = 0; i < lines.Count; i++)
        {
            bool same = i < painted.Count && painted[i] == lines[i];
            text.Append(same ? "" : lines[i] + EraseLine).Append("\r\n");
        }

        text.Append(lines.Count < painted.Count ? EraseBelow : "").Append(ShowCursor);
        Write(text);
        painted = lines;
    }

    /// <summary>Writes a line that stays, above the block.</summary>
    public void Above(string line)
    {
        IReadOnlyList<string> block = painted;
        Clear();
        writer.Write(line + "\r\n");
        Paint(block);
    }

    public void Clear()
    {
        var text = new StringBuilder();
        Up(text);
        Write(text.Append(EraseBelow));
        painted = [];
    }

    private void Up(StringBuilder text)
    {
        if (painted.Count > 0)
        {
            text.Append("\e[").Append(painted.Count).Append('A');
        }

        text.Append('\r');
    }

    private void Write(StringBuilder text)
    {
        writer.Write(text.ToString());
        writer.Flush();
    }
}
