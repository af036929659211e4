using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The value of a parameter: any single value. Without one it must be given by <c>--set</c>.</summary>
internal sealed class ParameterKind : ValueKind<YamlScalar>
{
    /// <summary>Bounded, because one may be used thousands of times.</summary>
    private const int MaximumCharacters = 4096;

    public static bool IsUsable(YamlScalar parameter) => parameter.Type != YamlType.Null && parameter.Text.Length <= MaximumCharacters;

    public override string Noun => "a single value";

    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number", "boolean", "null") };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out YamlScalar result)
    {
        result = value as YamlScalar;
        if (result is null)
        {
            faults.Error(value.Place, $"must be {Noun}, not {value.Noun}", key);
        }
        else if (result.Type == YamlType.Null)
        {
            faults.Error(value.Place, $"this parameter has no value: give it by --set {key}=…", key);
        }

        else if (!IsUsable(result))
        {
            faults.Error(value.Place, $"is longer than {MaximumCharacters} characters", key);
        }

        return result is not null;
    }
}
