using System.Text;

namespace QemuLab.Output;

/// <summary>
/// A block of lines at the bottom of a terminal that is painted over in place. Only lines that changed are written, and all
/// of them in one write, so that nothing flickers. Lines must be narrower than the terminal when they are painted; one that has
/// become narrower since has folded them, as most do, and is painted anew.
/// </summary>
/// <param name="writer">The terminal.</param>
/// <param name="columns">How wide it is now; null: it is asked.</param>
internal sealed class LivePainter(TextWriter writer, Func<int>? columns = null)
{
    private readonly Func<int> columns = columns ?? (() => Terminal.WindowSize().Columns);
    private const string HideCursor = "\e[?25l", ShowCursor = "\e[?25h", EraseLine = "\e[K", EraseBelow = "\e[J";
    private IReadOnlyList<string> painted = [];
    private int paintedColumns;

    public void Paint(IReadOnlyList<string> lines)
    {
        int width = columns();
        bool isResized = painted.Count > 0 && width != paintedColumns;
        if (!isResized && painted.SequenceEqual(lines))
        {
            return;
        }

        var text = new StringBuilder(HideCursor);
        Up(text, width);
        text.Append(isResized ? EraseBelow : "");
        for (int i = 0; i < lines.Count; i++)
        {
            bool same = !isResized && i < painted.Count && painted[i] == lines[i];
            text.Append(same ? "" : lines[i] + EraseLine).Append("\r\n");
        }

        text.Append(lines.Count < painted.Count ? EraseBelow : "").Append(ShowCursor);
        Write(text);
        (painted, paintedColumns) = (lines, width);
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
        Up(text, columns());
        Write(text.Append(EraseBelow));
        painted = [];
    }

    /// <summary>To the block's first row, in a terminal that is so wide now.</summary>
    private void Up(StringBuilder text, int width)
    {
        if (painted.Count > 0)
        {
            text.Append("\e[").Append(painted.Sum(line => Math.Max(1, (line.Length + width - 1) / width))).Append('A');
        }

        text.Append('\r');
    }

    private void Write(StringBuilder text)
    {
        writer.Write(text.ToString());
        writer.Flush();
    }
}
