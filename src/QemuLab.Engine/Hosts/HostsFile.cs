namespace QemuLab.Engine.Hosts;

/// <summary>
/// The host's own /etc/hosts: a lab's lines stand between two comments of ours, and go as they came. Text in, text out; what is
/// outside of the fence is not touched by a byte.
/// </summary>
public static class HostsFile
{
    public const string Path = "/etc/hosts";

    private const string FenceStart = "# qemulab lab ";

    private const string FenceBegin = ": begin";

    private const string Joined = " (the line above had no end)";

    /// <summary>The text with the lab's block, in the place of an older one or at the end.</summary>
    /// <param name="text">The file as it is.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="lines">Address and names, one a line, without the fence.</param>
    public static string With(string text, string lab, IReadOnlyList<string> lines)
    {
        string rest = Without(text, lab);

        // A file without a newline at its end gets it inside of the fence, so that it can lose it again.
        string join = rest.Length == 0 || rest.EndsWith('\n') ? "" : "\n";
        return $"{rest}{join}{Begin(lab, join)}\n{string.Concat(lines.Select(line => line + "\n"))}{End(lab)}\n";
    }

    /// <summary>The text without the lab's block; the same where it has none.</summary>
    public static string Without(string text, string lab)
    {
        string end = $"{End(lab)}\n";
        int close = LineStart(text, end);
        foreach (string join in (string[])["\n", ""])
        {
            // The last one before the end: a fence that somebody has broken must not take what stands behind it along.
            string fence = $"{join}{Begin(lab, join)}\n";
            int begin = close < 0 ? -1 : text[..close].LastIndexOf(fence, StringComparison.Ordinal);
            if (begin >= 0 && (join.Length > 0 || begin == 0 || text[begin - 1] == '\n'))
            {
                return text[..begin] + Rejoined(text[(close + end.Length)..], join);
            }
        }

        return text;
    }

    /// <summary>What came behind a block stays on a line of its own; where that is another lab's block, it is the one to lose the newline now.</summary>
    private static string Rejoined(string rest, string join)
    {
        if (rest.Length == 0 || join.Length == 0)
        {
            return rest;
        }

        int endOfLine = rest.IndexOf('\n', StringComparison.Ordinal);
        bool isFence = endOfLine > 0 && rest.StartsWith(FenceStart, StringComparison.Ordinal) && rest[..endOfLine].EndsWith(FenceBegin, StringComparison.Ordinal);
        return isFence ? $"{join}{rest[..endOfLine]}{Joined}{rest[endOfLine..]}" : join + rest;
    }

    private static int LineStart(string text, string line)
    {
        int found = text.IndexOf("\n" + line, StringComparison.Ordinal);
        return found < 0 ? -1 : found + 1;
    }

    private static string Begin(string lab, string join) => $"{FenceStart}{lab}{FenceBegin}{(join.Length > 0 ? Joined : "")}";

    private static string End(string lab) => $"{FenceStart}{lab}: end";
}
