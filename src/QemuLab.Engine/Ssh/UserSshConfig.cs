namespace QemuLab.Engine.Ssh;

/// <summary>
/// The user's own ~/.ssh/config with an Include of ours, so that plain <c>ssh control0</c>, and all that goes by ssh, finds
/// the machines. Text in, text out; what is outside of our two comments is not touched.
/// </summary>
public static class UserSshConfig
{
    private const string Begin = "# qemulab: begin\n";

    private const string End = "# qemulab: end\n";

    /// <summary>The line for a home: whatever labs it has, now and later.</summary>
    /// <param name="labs">The folder of labs, absolute.</param>
    public static string Line(string labs) => $"Include \"{labs.Replace("\"", "\\\"", StringComparison.Ordinal)}/*/ssh_config\"";

    /// <summary>With the line, at the top: below a Host it would hold for that host only.</summary>
    public static string With(string text, string line)
    {
        (string before, string[] lines, string after) = Split(text);
        return lines.Contains(line) ? text : Join(before, [.. lines, line], after);
    }

    /// <summary>Without the line; the same where it is not there.</summary>
    public static string Without(string text, string line)
    {
        (string before, string[] lines, string after) = Split(text);
        return lines.Contains(line) ? Join(before, [.. lines.Where(other => other != line)], after) : text;
    }

    private static string Join(string before, string[] lines, string after) =>
        lines.Length == 0 ? before + after : $"{before}{Begin}{string.Concat(lines.Select(line => line + "\n"))}{End}{after}";

    /// <summary>What stands before our block, its lines, and what stands behind it; a broken block is none.</summary>
    private static (string Before, string[] Lines, string After) Split(string text)
    {
        int begin = text.StartsWith(Begin, StringComparison.Ordinal) ? 0 : text.IndexOf("\n" + Begin, StringComparison.Ordinal) + 1;
        bool isThere = begin > 0 || text.StartsWith(Begin, StringComparison.Ordinal);
        int end = isThere ? text.IndexOf(End, begin, StringComparison.Ordinal) : -1;
        return end < 0
            ? ("", [], text)
            : (text[..begin], text[(begin + Begin.Length)..end].Split('\n', StringSplitOptions.RemoveEmptyEntries), text[(end + End.Length)..]);
    }
}
