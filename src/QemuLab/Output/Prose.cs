namespace QemuLab.Output;

/// <summary>
/// Sentences in lines of a terminal's width, broken between words. Only for what is read: a command that is to be pasted
/// stays one line, which the terminal folds by itself and gives back whole.
/// </summary>
internal static class Prose
{
    /// <summary>Narrower, nothing is broken that could be read better.</summary>
    private const int LeastRoom = 20;

    /// <summary>The text, with each line after the first begun by a margin; lines of its own stay.</summary>
    /// <param name="text">The text; its first line stands behind something that is as wide as the margin.</param>
    /// <param name="width">The terminal's; null (a pipe, a file): nothing is broken.</param>
    /// <param name="margin">In columns.</param>
    public static string Hang(string text, int? width, int margin)
    {
        int room = width is { } columns ? Math.Max(LeastRoom, columns - margin) : int.MaxValue;
        return string.Join("\n" + new string(' ', margin), text.ReplaceLineEndings("\n").Split('\n').SelectMany(line => Lines(line, room)));
    }

    private static IEnumerable<string> Lines(string text, int room)
    {
        while (text.Length > room)
        {
            int end = text.LastIndexOf(' ', room);
            end = end > 0 ? end : text.IndexOf(' ', room);
            if (end < 0)
            {
                break;
            }

            yield return text[..end].TrimEnd();
            text = text[(end + 1)..];
        }

        yield return text;
    }
}
