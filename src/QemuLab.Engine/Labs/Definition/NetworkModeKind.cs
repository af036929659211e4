using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The word for a network's mode.</summary>
internal sealed class NetworkModeKind : ValueKind<NetworkMode>
{
    public override string Noun => "one of " + string.Join(", ", NetworkModes.Words);

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. NetworkModes.Words]) },
            new JsonObject { ["$ref"] = "#/$defs/parameterUse" }),
    };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out NetworkMode result)
    {
        result = default;
        if (value is YamlScalar scalar && NetworkModes.TryParse(scalar.Text, out result))
        {
            return true;
        }

        string hint = value is YamlScalar word ? Suggestion.Hint(word.Source, NetworkModes.Words) : "";
        faults.Error(value.Place, $"must be {Noun}{hint}", key);
        return false;
    }
}
