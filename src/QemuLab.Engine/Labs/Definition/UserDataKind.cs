using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>User-data: a file's name, a text that begins with <c>#cloud-config</c> or <c>#!</c>, or the cloud-config itself as a mapping.</summary>
internal sealed class UserDataKind : ValueKind<YamlValue>
{
    public override string Noun => "a file's name, a text that begins with #cloud-config or #!, or a mapping";

    /// <summary>Whether it is the text itself and not a file's name.</summary>
    public static bool IsInline(string text) => text.StartsWith('#') || text.Contains('\n', StringComparison.Ordinal);

    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "object") };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out YamlValue result)
    {
        bool isGood = value is YamlMapping or YamlScalar { Type: YamlType.Text, Text.Length: > 0 };
        result = value;
        if (!isGood)
        {
            faults.Error(value.Place, $"must be {Noun}, not {value.Noun}", key);
        }

        return isGood;
    }
}
