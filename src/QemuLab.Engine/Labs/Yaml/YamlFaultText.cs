using YamlDotNet.Core;

namespace QemuLab.Engine.Labs.Yaml;

/// <summary>What to say of a text that is not YAML: the parser's sentence, and the likely cause where the line shows it.</summary>
internal static class YamlFaultText
{
    public static (Mark Mark, string Message) For(YamlException fault, string text)
    {
        if (fault is not (SyntaxErrorException or SemanticErrorException))
        {
            return (fault.Start, fault.Message);
        }

        string sentence = "not YAML: " + char.ToLowerInvariant(fault.Message[0]) + fault.Message[1..].TrimEnd('.');
        string[] lines = text.Split('\n');
        if (fault.Message.Contains("invalid tab", StringComparison.Ordinal) && TabbedLine(lines, (int)fault.Start.Line) is > 0 and int tabbed)
        {
            // The parser names the mapping that the tab is somewhere in.
            return (new Mark(0, tabbed, 1), "not YAML: indent with spaces, not with tabs");
        }

        bool hasParameter = lines.ElementAtOrDefault((int)fault.Start.Line - 1)?.Contains("${", StringComparison.Ordinal) == true;
        string hint = hasParameter ? " (inside { } and [ ], ${…} needs quotes)"
            : fault.Message.Contains("invalid mapping", StringComparison.Ordinal) ? " (a text with ': ' in it needs quotes)"
            : "";
        return (fault.Start, sentence + hint);
    }

    /// <summary>The number of the first line, from that one on, that a tab indents; 0 where there is none.</summary>
    private static int TabbedLine(string[] lines, int from) =>
        Array.FindIndex(lines, Math.Clamp(from - 1, 0, lines.Length - 1), line => line[..(line.Length - line.TrimStart().Length)].Contains('\t')) + 1;
}
