using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The kinds of single values that a lab file knows: numbers, booleans and plain texts here, the others beside it.</summary>
internal static partial class Kinds
{
    public static ValueKind<bool> Boolean { get; } = new ScalarKind<bool>(
        YamlType.Boolean, "true or false", new JsonObject { ["type"] = "boolean" }, (scalar, out value) =>
        {
            CoreSchema.TryBoolean(scalar, out value);
            return null;
        });

    public static ValueKind<int> WholeNumber(int minimum, int maximum) => new ScalarKind<int>(
        YamlType.Integer,
        $"a whole number from {minimum} to {maximum}",
        new JsonObject { ["type"] = "integer", ["minimum"] = minimum, ["maximum"] = maximum },
        (scalar, out value) =>
        {
            bool isGood = CoreSchema.TryInteger(scalar, out long number) && number >= minimum && number <= maximum;
            value = isGood ? (int)number : 0;
            return isGood ? null : $"{Quote.Of(scalar.Source)} is out of range: write a whole number from {minimum} to {maximum}";
        });

    /// <summary>Any text; of several lines where the key's use allows it.</summary>
    public static ValueKind<string> FreeText { get; } = Text<string>("text", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        value = scalar.Text;
        return null;
    });

    /// <summary>A text on one line; it is not quoted in messages.</summary>
    public static ValueKind<string> OneLine { get; } = Text<string>("text on one line", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        value = scalar.Text;
        return value.Length == 0 ? "is empty" : value.Any(char.IsControl) ? "has a line break or another control character: it must be one line" : null;
    });

    /// <summary>A value of a parameter: it takes the type of the place that it is used at.</summary>
    public static ValueKind<YamlScalar> Parameter { get; } = new ParameterKind();

    /// <summary>A text of a given form.</summary>
    public static ValueKind<string> Matching(Regex form, string noun) => Text<string>(noun, Pattern(form), (scalar, out value) =>
    {
        value = scalar.Text;
        return form.IsMatch(value) ? null : $"{Quote.Of(scalar.Source)} is not {noun}";
    });

    public static ListKind<T> ListOf<T>(ValueKind<T> item, string example)
        where T : notnull => new(item, example);

    private static ScalarKind<T> Text<T>(string noun, JsonObject schema, ScalarReading<T> read)
        where T : notnull => new(YamlType.Text, noun, schema, read);

    private static JsonObject Pattern(Regex form) => new()
    {
        ["type"] = "string",
        ["pattern"] = form.ToString().Replace(@"\A", "^", StringComparison.Ordinal).Replace(@"\z", "$", StringComparison.Ordinal),
    };
}
