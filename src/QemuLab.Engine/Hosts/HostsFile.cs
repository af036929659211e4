namespace QemuLab.Engine.Hosts;

/// <summary>
/// The host's own /etc/hosts: a lab's lines stand between two comments of ours, and go as they came. Text in, text out; what is
/// outside of the fence is not touched by a byte.
/// </summary>
public static class HostsFile
{
    public const string Path = "/etc/hosts";

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
        foreach (string join in (string[])["\n", ""])
        {
            int begin = text.IndexOf($"{join}{Begin(lab, join)}\n", StringComparison.Ordinal);
            string end = $"{End(lab)}\n";
            int close = begin < 0 ? -1 : text.IndexOf(end, begin, StringComparison.Ordinal);
            if (close >= 0)
            {
                return text[..begin] + text[(close + end.Length)..];
            }
        }

        return text;
    }

    public static bool Has(string text, string lab) => Without(text, lab).Length != text.Length;

    private static string Begin(string lab, string join) => $"# qemulab lab {lab}: begin{(join.Length > 0 ? " (the line above had no end)" : "")}";

    private static string End(string lab) => $"# qemulab lab {lab}: end";
}
