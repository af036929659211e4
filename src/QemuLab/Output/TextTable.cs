using System.Text;

namespace QemuLab.Output;

/// <summary>A column of a table.</summary>
/// <param name="Title">In capitals, as docker and kubectl do.</param>
/// <param name="RightAligned">For numbers.</param>
/// <param name="DropOrder">Where the terminal is too narrow, columns go from 1 upwards; 0 stays.</param>
internal sealed record TextColumn(string Title, bool RightAligned = false, int DropOrder = 0)
{
    /// <summary>A cell that is longer gives way before another column goes; null: it does not.</summary>
    public int? Enough { get; init; }

    /// <summary>A part of it says nothing: it is shown whole or not at all. So is a number.</summary>
    public bool IsWhole { get; init; } = RightAligned;
}

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
        int[] enough = [.. widths.Select((width, column) => Math.Min(width, columns[column].Enough ?? width))];
        List<int> dropped = [];
        while (Total(shown, enough) > limit && shown.Where(column => columns[column].DropOrder > 0).ToArray() is { Length: > 0 } optional)
        {
            int next = optional.MinBy(column => columns[column].DropOrder);
            shown.Remove(next);
            dropped.Add(next);
        }

        // A wide one may have gone after narrow ones, for which there is room then.
        foreach (int column in dropped.AsEnumerable().Reverse().Where(column => Total([.. shown, column], enough) <= limit))
        {
            shown.Add(column);
            shown.Sort();
        }

        // What is left does not fit even cut: the last columns say least.
        while (shown.Count > 1 && Total(shown, [.. widths.Select((width, column) => Least(column, width))]) > limit)
        {
            shown.RemoveAt(shown.Count - 1);
        }
    }

    private int Least(int column, int width) => columns[column].IsWhole ? width : Math.Min(width, LeastCell);

    private void Shrink(List<int> shown, int[] widths, int limit)
    {
        for (int over; (over = Total(shown, widths) - limit) > 0;)
        {
            int[] longer = [.. shown.Where(column => widths[column] > Least(column, widths[column]))];
            if (longer.Length == 0)
            {
                return;
            }

            int widest = longer.MaxBy(column => widths[column]);
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
