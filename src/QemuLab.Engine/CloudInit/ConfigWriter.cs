using System.Globalization;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// Writes a document in one canonical form: block style throughout, two spaces, keys in their given order, text plain where
/// that is beyond doubt, in a literal block where it has lines, else in double quotes. No anchors, tags or folds, so that a
/// small reader in a guest can follow it.
/// </summary>
internal static class ConfigWriter
{
    public static string Write(ConfigNode.Mapping document)
    {
        var text = new StringBuilder();
        WriteMapping(text, document, 0);
        return text.ToString();
    }

    private static void WriteMapping(StringBuilder text, ConfigNode.Mapping mapping, int indent)
    {
        // The first key of a mapping in a sequence follows the dash on its line.
        bool continued = text.Length > 0 && text[^1] != '\n';
        foreach ((ConfigNode.Scalar key, ConfigNode value) in mapping.Entries)
        {
            text.Append(' ', continued ? 0 : indent).Append(Inline(key)).Append(':');
            continued = false;
            WriteValue(text, value, indent);
        }
    }

    private static void WriteSequence(StringBuilder text, ConfigNode.Sequence sequence, int indent)
    {
        bool continued = text.Length > 0 && text[^1] != '\n';
        foreach (ConfigNode item in sequence.Items)
        {
            text.Append(' ', continued ? 0 : indent).Append('-');
            continued = false;
            switch (item)
            {
                case ConfigNode.Mapping { Entries.Count: > 0 } mapping:
                    text.Append(' ');
                    WriteMapping(text, mapping, indent + 2);
                    break;
                case ConfigNode.Sequence { Items.Count: > 0 } inner:
                    text.Append(' ');
                    WriteSequence(text, inner, indent + 2);
                    break;
                default:
                    WriteValue(text, item, indent);
                    break;
            }
        }
    }

    /// <summary>What follows a key's colon or a scalar item's dash.</summary>
    private static void WriteValue(StringBuilder text, ConfigNode value, int indent)
    {
        switch (value)
        {
            case ConfigNode.Mapping { Entries.Count: > 0 } mapping:
                text.Append('\n');
                WriteMapping(text, mapping, indent + 2);
                break;
            case ConfigNode.Sequence { Items.Count: > 0 } sequence:
                text.Append('\n');
                WriteSequence(text, sequence, indent + 2);
                break;
            case ConfigNode.Mapping:
                text.Append(" {}\n");
                break;
            case ConfigNode.Sequence:
                text.Append(" []\n");
                break;
            case ConfigNode.Scalar scalar when IsLiteral(scalar.Text):
                WriteLiteral(text, scalar.Text, indent + 2);
                break;
            case ConfigNode.Scalar scalar:
                string inline = Inline(scalar);
                text.Append(inline.Length > 0 ? " " : "").Append(inline).Append('\n');
                break;
        }
    }

    private static string Inline(ConfigNode.Scalar scalar) =>
        scalar.Typed || PlainScalars.IsPlainText(scalar.Text) ? scalar.Text : Quote(scalar.Text);

    /// <summary>
    /// A literal block holds its lines exactly; it cannot hold control characters, and a first line that is empty or starts
    /// with a space would need an indentation indicator, which small readers do not know: such text goes into quotes.
    /// </summary>
    private static bool IsLiteral(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && text[0] is not ('\n' or ' ' or '\t')
        && !text.EnumerateRunes().Any(rune => rune.Value != '\n' && rune.Value != '\t' && MustEscape(rune))
        && !text.Split('\n')[..^1].Any(line => line.Length > 0 && string.IsNullOrWhiteSpace(line))
        && !(text[^1] != '\n' && string.IsNullOrWhiteSpace(text[(text.LastIndexOf('\n') + 1)..]));

    private static void WriteLiteral(StringBuilder text, string content, int indent)
    {
        string body = content.TrimEnd('\n');
        int trailing = content.Length - body.Length;
        text.Append(" |").Append(trailing switch { 0 => "-", 1 => "", _ => "+" }).Append('\n');
        foreach (string line in body.Split('\n'))
        {
            text.Append(' ', line.Length > 0 ? indent : 0).Append(line).Append('\n');
        }

        text.Append('\n', Math.Max(0, trailing - 1));
    }

    private static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (Rune rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                _ when !MustEscape(rune) => text.Append(rune.ToString()),
                < 0x100 => text.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:X2}"),
                < 0x10000 => text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
            };
        }

        return text.Append('"').ToString();
    }

    /// <summary>Not printable in YAML 1.1, or a line break to one of its readers (NEL, LS, PS), or a byte order mark.</summary>
    private static bool MustEscape(Rune rune) =>
        rune.Value is < 0x20 or (>= 0x7F and < 0xA0) or 0x2028 or 0x2029 or 0xFEFF or 0xFFFE or 0xFFFF;
}
