using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>Reads one scalar. Returns null, or what is wrong with it; quotes <see cref="YamlScalar.Source"/>, and nothing that may be a secret.</summary>
internal delegate string? ScalarReading<T>(YamlScalar scalar, out T value);

/// <summary>A value without parts: a number, a size, a name.</summary>
/// <param name="type">The YAML type that it must have.</param>
/// <param name="noun">What to write.</param>
/// <param name="schema">What a JSON Schema says of it.</param>
/// <param name="read">Reads a scalar of that type.</param>
internal sealed class ScalarKind<T>(YamlType type, string noun, JsonObject schema, ScalarReading<T> read) : ValueKind<T>
    where T : notnull
{
    public override string Noun => noun;

    /// <summary>A text that is checked may also come from a parameter, whose use no pattern matches.</summary>
    public override JsonObject Schema()
    {
        JsonObject own = (JsonObject)schema.DeepClone();
        bool isFreeText = type == YamlType.Text && !schema.ContainsKey("pattern") && !schema.ContainsKey("enum");
        return isFreeText ? own : new JsonObject { ["anyOf"] = new JsonArray(own, new JsonObject { ["$ref"] = "#/$defs/parameterUse" }) };
    }

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        string? fault = value switch
        {
            YamlScalar { Type: YamlType.Null } => $"has no value: write {noun}, or leave the key out",
            YamlScalar scalar when scalar.Type == type => read(scalar, out result),
            YamlScalar scalar when type == YamlType.Text => NotText(scalar),
            YamlScalar { Type: YamlType.Text, IsPlain: false } => $"must be {noun}, without quotes",
            YamlScalar { IsSubstituted: true } scalar => $"must be {noun}, and {Quote.Of(scalar.Source)} gives {scalar.Noun}",
            YamlScalar scalar => $"must be {noun}, not {Quote.Of(scalar.Source)}",
            _ => $"must be {noun}, not {value.Noun}",
        };
        if (fault is not null)
        {
            faults.Error(value.Place, fault, key);
        }

        return fault is null;
    }

    /// <summary>A bare number where a unit belongs is the reading's to explain; other numbers need quotes to stay as they are.</summary>
    private string NotText(YamlScalar scalar)
    {
        string? fault = read(scalar, out _);
        return fault ?? $"must be text, and {Quote.Of(scalar.Source)} is {scalar.Noun}: put it in quotes";
    }
}
