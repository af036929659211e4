using System.Text.RegularExpressions;

namespace QemuLab.Engine.Labs;

/// <summary>
/// A lab file's text, changed key by key: what is not changed stays as it was written, comments too. It knows mappings that
/// are written as blocks, as the templates are; whoever changes a text has it read afterwards.
/// </summary>
public static partial class LabText
{
    private const string Groups = "groups";
    private const int Step = 2;

    /// <summary>Gives a key another value, or adds it: <c>defaults.memory</c>. A parameter may be named alone, as for <c>--set</c>.</summary>
    /// <param name="text">The file's.</param>
    /// <param name="key">With dots.</param>
    /// <param name="value">As YAML has it: <c>2GiB</c>; further lines are a block, and stand as far in as they should.</param>
    public static string Set(string text, string key, string value)
    {
        string[] path = key.Split('.');
        List<string> lines = [.. text.TrimEnd('\n').Split('\n')];
        if (path.Length == 1 && Find(lines, ["parameters", key]) is { IsWhole: true })
        {
            path = ["parameters", key];
        }

        Place place = Find(lines, path);
        if (place.IsWhole)
        {
            Match line = KeyLine.Match(lines[place.Line]);
            lines[place.Line] = $"{line.Groups["key"].Value}{Gap(value)}{value.Replace("\n", "\n" + new string(' ', place.Indent + Step), StringComparison.Ordinal)}{line.Groups["comment"].Value}";
        }
        else
        {
            lines.InsertRange(place.Line, Missing(path[place.Found..], place, value));
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>The lines of what is not there yet. On the top level an empty line sets it off.</summary>
    private static IEnumerable<string> Missing(string[] path, Place place, string value)
    {
        int indent = place.Indent;
        foreach (string key in path[..^1])
        {
            yield return $"{new string(' ', indent)}{key}:";
            indent += Step;
        }

        string margin = new(' ', indent);
        yield return $"{margin}{path[^1]}:{Gap(value)}{value.Replace("\n", "\n" + margin + new string(' ', Step), StringComparison.Ordinal)}";
        if (place.Found == 0)
        {
            yield return "";
        }
    }

    /// <summary>How far a path leads: to its key's line, or to where what is missing is to be put.</summary>
    private static Place Find(List<string> lines, string[] path)
    {
        (int start, int end, int indent) = (0, lines.Count, 0);
        for (int depth = 0; depth < path.Length; depth++)
        {
            int line = lines.FindIndex(start, end - start, text => KeyLine.Match(text) is { Success: true } match && Indent(text) == indent && match.Groups["name"].Value == path[depth]);
            if (line < 0)
            {
                return new Place(depth, depth == 0 ? BeforeGroups(lines) : AfterLast(lines, start, end), indent, IsWhole: false);
            }

            if (depth == path.Length - 1)
            {
                return new Place(depth, line, indent, IsWhole: true);
            }

            start = line + 1;
            int above = indent;
            end = lines.FindIndex(start, end - start, text => IsContent(text) && Indent(text) <= above) is >= 0 and var next ? next : end;
            indent = lines.Skip(start).Take(end - start).Where(IsContent).Select(Indent).FirstOrDefault(indent + Step);
        }

        return new Place(0, lines.Count, 0, IsWhole: false);
    }

    /// <summary>What belongs to all machines is read before them; comments above the groups stay with them.</summary>
    private static int BeforeGroups(List<string> lines)
    {
        int line = lines.FindIndex(text => text.StartsWith(Groups + ":", StringComparison.Ordinal));
        while (line > 0 && lines[line - 1].StartsWith('#'))
        {
            line--;
        }

        return line < 0 ? lines.Count : line;
    }

    private static int AfterLast(List<string> lines, int start, int end)
    {
        int last = lines.FindLastIndex(Math.Max(start, end) - 1, Math.Max(start, end) - start, IsContent);
        return last < 0 ? start : last + 1;
    }

    private static string Gap(string value) => value.StartsWith('\n') ? "" : " ";

    private static bool IsContent(string line) => line.TrimStart() is { Length: > 0 } text && text[0] != '#';

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"^(?<key>\s*(?<name>[A-Za-z][\w-]*):)(?<value>\s+[^\s#][^#]*?)?(?<comment>\s+#.*)?\s*$")]
    private static partial Regex KeyLine { get; }

    /// <param name="Found">How many keys of the path are there.</param>
    /// <param name="Line">The last key's, or where the missing ones go.</param>
    /// <param name="Indent">Of that line.</param>
    /// <param name="IsWhole">The whole path is there.</param>
    private readonly record struct Place(int Found, int Line, int Indent, bool IsWhole);
}
