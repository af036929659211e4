using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A mapping whose keys are names of the user's choice, in the file's order.</summary>
/// <param name="item">What is under each name.</param>
/// <param name="name">What each name is.</param>
/// <param name="form">What each name must match.</param>
/// <param name="rule">The same in words.</param>
internal sealed class MapKind<T>(ValueKind<T> item, string name, Regex form, string rule) : ValueKind<IReadOnlyList<Named<T>>>
    where T : notnull
{
    /// <summary>A setting may change what is there but not add a name: a mistyped group must not become a new one.</summary>
    public bool IsClosedToSettings { get; init; }

    public override string Noun => $"a mapping of {name}s";

    public override JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["pattern"] = form.ToString().Replace(@"\A", "^", StringComparison.Ordinal).Replace(@"\z", "$", StringComparison.Ordinal) },
        ["additionalProperties"] = item.Schema(),
    };

    public override IEnumerable<string> ChildNames(YamlValue? current) =>
        current is YamlMapping mapping ? mapping.Entries.Select(entry => entry.Key.Text) : [];

    public override ValueKind? Child(string name, YamlValue? current) =>
        IsClosedToSettings && !ChildNames(current).Contains(name) ? null : item;

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out IReadOnlyList<Named<T>> result)
    {
        List<Named<T>> items = [];
        result = items;
        if (value is not YamlMapping mapping)
        {
            faults.Error(value.Place, $"must be {Noun}, not {value.Noun}", key);
            return false;
        }

        foreach ((YamlScalar entryKey, YamlValue entryValue) in mapping.Entries)
        {
            bool isGood = form.IsMatch(entryKey.Text);
            if (!isGood)
            {
                faults.Error(entryKey.Place, $"{Quote.Of(entryKey.Text)} is not a {name} name: use {rule}");
            }

            if (item.TryRead(entryKey.Text, entryValue, faults, out T? read) && isGood)
            {
                items.Add(new Named<T>(entryKey.Text, entryKey.Place, read, entryValue.Place));
            }
        }

        return true;
    }
}
