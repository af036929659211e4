using System.Globalization;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Labs.Yaml;

internal enum YamlType
{
    Null,
    Boolean,
    Integer,
    Number,
    Text,
}

/// <summary>
/// The types of YAML 1.2's core schema. <c>no</c>, <c>on</c> and <c>08:30</c> are text here, as in every YAML since 2009;
/// <c>1.10</c> is a number, so that a version needs quotes.
/// </summary>
internal static partial class CoreSchema
{
    public static YamlType TypeOf(YamlScalar scalar) => scalar switch
    {
        { IsPlain: false } => YamlType.Text,
        { Text: "" or "~" or "null" or "Null" or "NULL" } => YamlType.Null,
        { Text: "true" or "True" or "TRUE" or "false" or "False" or "FALSE" } => YamlType.Boolean,
        _ when IntegerForm().IsMatch(scalar.Text) => YamlType.Integer,
        _ when NumberForm().IsMatch(scalar.Text) => YamlType.Number,
        _ => YamlType.Text,
    };

    /// <summary>Decimal, <c>0x1F</c> or <c>0o17</c>.</summary>
    public static bool TryInteger(YamlScalar scalar, out long value)
    {
        value = 0;
        if (scalar.Type != YamlType.Integer)
        {
            return false;
        }

        string text = scalar.Text;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (!text.StartsWith("0o", StringComparison.Ordinal))
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        if (text.Length > 18)
        {
            return false;
        }

        value = text[2..].Aggregate(0L, (sum, digit) => (sum * 8) + (digit - '0'));
        return true;
    }

    public static bool TryBoolean(YamlScalar scalar, out bool value)
    {
        value = scalar.Text is "true" or "True" or "TRUE";
        return scalar.Type == YamlType.Boolean;
    }

    [GeneratedRegex(@"\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\z")]
    private static partial Regex IntegerForm();

    [GeneratedRegex(@"\A(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z")]
    private static partial Regex NumberForm();
}
