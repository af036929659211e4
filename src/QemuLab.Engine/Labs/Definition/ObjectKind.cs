using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A mapping with keys of ours: the lab itself, a group, a machine.</summary>
/// <param name="where">Which one.</param>
/// <param name="called">Its name in messages: <c>a group</c>.</param>
internal sealed class ObjectKind(Where where, string called) : ValueKind<Section>
{
    private readonly Lazy<IReadOnlyList<Key>> keys = new(() => [.. LabDefinition.Keys.Where(key => key.Where.HasFlag(where))]);

    public IReadOnlyList<Key> Keys => keys.Value;

    /// <summary>May be left empty: <c>gateway:</c> alone is a machine as the defaults say.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>Its name in the schema's definitions.</summary>
    public string SchemaName => where.ToString().ToLowerInvariant();

    public override string Noun => $"a mapping with {string.Join(", ", Keys.Take(3).Select(key => key.Name))}…";

    public override JsonObject Schema() => new() { ["$ref"] = $"#/$defs/{SchemaName}" };

    public override IEnumerable<string> ChildNames(YamlValue? current) => Keys.Select(key => key.Name);

    public override ValueKind? Child(string name, YamlValue? current) => Keys.FirstOrDefault(key => key.Name == name)?.AnyKind;

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out Section result)
    {
        result = new Section(value.Place, new Dictionary<Key, Located<object>?>());
        if (MayBeEmpty && value is YamlScalar { Type: YamlType.Null })
        {
            return true;
        }

        if (value is not YamlMapping mapping)
        {
            faults.Error(value.Place, $"must be {Noun}, not {value.Noun}", key);
            return false;
        }

        Dictionary<Key, Located<object>?> values = [];
        foreach ((YamlScalar name, YamlValue entry) in mapping.Entries)
        {
            if (Keys.FirstOrDefault(known => known.Name == name.Text) is { } known)
            {
                values[known] = known.AnyKind.TryReadAny(known.Name, entry, faults, out object? read) ? new(read, entry.Place) : null;
            }
            else
            {
                faults.Error(name.Place, UnknownKey(name.Text));
            }
        }

        result = new Section(mapping.Place, values);
        return Complete(key, mapping, values, faults);
    }

    private bool Complete(string key, YamlMapping mapping, Dictionary<Key, Located<object>?> values, Faults faults)
    {
        bool complete = true;
        foreach (Key missing in Keys.Where(known => known.IsRequired && !values.ContainsKey(known)))
        {
            faults.Error(mapping.Place, $"{missing.Name}: missing: write {missing.AnyKind.Noun}", where == Where.Lab ? null : key);
            complete = false;
        }

        // The lab is read on without its name: the other faults are to be seen too.
        return where == Where.Lab || (complete && Keys.Where(known => known.IsRequired).All(known => values[known] is not null));
    }

    public string UnknownKey(string name)
    {
        string[] elsewhere = [.. LabDefinition.Objects.Where(other => other != this && other.Child(name, null) is not null).Select(other => other.Called)];
        string hint = Suggestion.Hint(name, Keys.Select(key => key.Name));
        return (name, hint, elsewhere) switch
        {
            ("<<", _, _) => "'<<' (merge) is not YAML 1.2: what machines share goes in defaults or in their group",
            (_, "", [_, ..]) => $"{Quote.Of(name)} is not a key of {called}: it belongs in {string.Join(" or ", elsewhere)}",
            (_, "", _) => $"{Quote.Of(name)} is not a key of {called} (there are {string.Join(", ", Keys.Select(key => key.Name))})",
            _ => $"{Quote.Of(name)} is not a key of {called}{hint}",
        };
    }

    public string Called => called;
}
