using System.Text;

namespace QemuLab.Output;

/// <summary>The lines of one of several machines, each with the machine's name before it.</summary>
/// <param name="label">What each line begins with.</param>
/// <param name="output">Where they go; whole lines only.</param>
internal sealed class LabelledLines(string label, TextWriter output)
{
    /// <summary>No line of a person's.</summary>
    private const int LongestLine = 16 * 1024;

    /// <summary>The colours that names have in turn, with blue, which few can read on black, at the end.</summary>
    private static readonly int[] Colours = [36, 33, 32, 35, 31, 96, 93, 92, 95, 91, 94, 34];

    private readonly StringBuilder line = new();

    /// <summary>Labels of one width.</summary>
    public static IReadOnlyList<string> Labels(IReadOnlyList<string> names, bool colours)
    {
        int width = names.Max(name => name.Length);
        return [.. names.Select((name, index) => colours ? $"\e[{Colours[index % Colours.Length]}m{name.PadRight(width)} |\e[0m " : $"{name.PadRight(width)} | ")];
    }

    /// <summary>There is something that is not written yet, because its line has no end.</summary>
    public bool IsUnfinished => line.Length > 0;

    public void Write(string text)
    {
        for (int from = 0; from < text.Length;)
        {
            int end = text.IndexOf('\n', from);
            line.Append(text, from, (end < 0 ? text.Length : end) - from);
            from = end < 0 ? text.Length : end + 1;
            if (end >= 0 || line.Length > LongestLine)
            {
                End();
            }
        }
    }

    /// <summary>Writes what has no end, such as a prompt, as a line.</summary>
    public void Finish()
    {
        if (IsUnfinished)
        {
            End();
        }
    }

    private void End()
    {
        output.Write(label);
        output.WriteLine(line);
        line.Clear();
    }
}
