using System.Text;

namespace QemuLab.Output;

/// <summary>A column of a table.</summary>
/// <param name="Title">In capitals, as docker and kubectl do.</param>
/// <param name="RightAligned">For numbers.</param>
/// <param name="DropOrder">Where the terminal is too narrow, columns go from 1 upwards; 0 stays.</param>
internal sealed record TextColumn(string Title, bool RightAligned = false, int DropOrder = 0);

/// <summary>Aligned columns without lines around them, so that they can be cut with awk. An empty cell is <c>--</c>.</summary>
internal sealed class TextTable(params IReadOnlyList<TextColumn> columns)
{
    private const int Gap = 3;
    private const int LeastCell = 8;
    private readonly List<string[]> rows = [];

    public bool IsEmpty => rows.Count == 0;

    public TextTable Add(params IReadOnlyList<string?> cells)
    {
        string[] row = new string[columns.Count];
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = i < cells.Count && cells[i] is { Length: > 0 } cell ? cell : "--";
        }

        rows.Add(row);
        return this;
    }

    /// <summary>The table's lines.</summary>
    /// <param name="width">The terminal's; null (a pipe, a file): nothing is ever dropped or cut.</param>
    public string Render(int? width)
    {
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        int[] widths = [.. shown.Select(WidthOf)];
        if (width is { } limit)
        {
            Drop(shown, widths, limit);
            Shrink(shown, widths, limit);
        }

        var text = new StringBuilder();
        AddLine(text, [.. columns.Select(column => column.Title)], shown, widths);
        foreach (string[] row in rows)
        {
            AddLine(text, row, shown, widths);
        }

        return text.ToString();
    }

    private int WidthOf(int column)
    {
        int widest = columns[column].Title.Length;
        foreach (string[] row in rows)
        {
            widest = Math.Max(widest, row[column].Length);
        }

        return widest;
    }

    private static int Total(List<int> shown, int[] widths) => shown.Sum(column => widths[column]) + (Gap * (shown.Count - 1));

    private void Drop(List<int> shown, int[] widths, int limit)
    {
        while (Total(shown, widths) > limit && shown.Where(column => columns[column].DropOrder > 0).ToArray() is { Length: > 0 } optional)
        {
            shown.Remove(optional.MinBy(column => columns[column].DropOrder));
        }
    }

    private static void Shrink(List<int> shown, int[] widths, int limit)
    {
        for (int over; (over = Total(shown, widths) - limit) > 0;)
        {
            int widest = shown.MaxBy(column => widths[column]);
            if (widths[widest] <= LeastCell)
            {
                return;
            }

            widths[widest] = Math.Max(LeastCell, widths[widest] - over);
        }
    }

    private void AddLine(StringBuilder text, string[] cells, List<int> shown, int[] widths)
    {
        var line = new StringBuilder();
        foreach (int column in shown)
        {
            string cell = Cut(cells[column], widths[column]);
            line.Append(columns[column].RightAligned ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])).Append(' ', Gap);
        }

        text.Append(line.ToString().AsSpan().TrimEnd()).Append('\n');
    }

    /// <summary>The text, or its beginning and an ellipsis where it is longer.</summary>
    public static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, Math.Max(0, width - 1)), "…");
}
