using System.Globalization;
using System.Text;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Writes an inline cloud-config as a text of its own. What was plain stays plain, so that the guest gives it the type
/// that it gives the same word in a file; everything else is double-quoted.
/// </summary>
internal static class CloudConfigText
{
    public static string Of(YamlMapping mapping)
    {
        StringBuilder text = new();
        Entries(text, mapping, "", isFirstInline: false);
        return text.ToString();
    }

    private static void Entries(StringBuilder text, YamlMapping mapping, string indent, bool isFirstInline)
    {
        foreach ((YamlScalar key, YamlValue value) in mapping.Entries)
        {
            text.Append(isFirstInline ? "" : indent).Append(Scalar(key)).Append(':');
            isFirstInline = false;

            // A list is as deep as its key; cloud-init's own files are written like that.
            Value(text, value, indent + (value is YamlMapping ? "  " : ""));
        }
    }

    private static void Value(StringBuilder text, YamlValue value, string indent)
    {
        switch (value)
        {
            case YamlMapping { Entries.Count: > 0 } mapping:
                text.Append('\n');
                Entries(text, mapping, indent, isFirstInline: false);
                break;
            case YamlSequence { Items.Count: > 0 } sequence:
                text.Append('\n');
                Items(text, sequence, indent);
                break;
            default:
                text.Append(' ').Append(Leaf(value)).Append('\n');
                break;
        }
    }

    private static void Items(StringBuilder text, YamlSequence sequence, string indent)
    {
        foreach (YamlValue item in sequence.Items)
        {
            text.Append(indent).Append('-');
            if (item is YamlMapping { Entries.Count: > 0 } mapping)
            {
                text.Append(' ');
                Entries(text, mapping, indent + "  ", isFirstInline: true);
            }
            else
            {
                Value(text, item, indent + "  ");
            }
        }
    }

    private static string Leaf(YamlValue value) => value switch
    {
        YamlMapping => "{}",
        YamlSequence => "[]",
        _ => Scalar((YamlScalar)value),
    };

    private static string Scalar(YamlScalar scalar)
    {
        bool isPlain = scalar.IsPlain && scalar.Text.Length > 0 && !scalar.Text.Any(char.IsControl);
        if (isPlain || (scalar.IsPlain && scalar.Text.Length == 0))
        {
            return isPlain ? scalar.Text : "null";
        }

        StringBuilder quoted = new("\"");
        foreach (char c in scalar.Text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(c) => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
