using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>One of a few words, each the name of a value.</summary>
internal sealed class EnumKind<T> : ValueKind<T>
    where T : struct, Enum
{
    private static readonly string[] Words = Enum.GetNames<T>();

    public override string Noun => "one of " + string.Join(", ", Words);

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. Words]) },
            new JsonObject { ["$ref"] = "#/$defs/parameterUse" }),
    };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        if (value is YamlScalar scalar && Array.IndexOf(Words, scalar.Text) >= 0)
        {
            result = Enum.Parse<T>(scalar.Text);
            return true;
        }

        string hint = value is YamlScalar word ? Suggestion.Hint(word.Source, Words) : "";
        faults.Error(value.Place, $"must be {Noun}{hint}", key);
        return false;
    }
}
