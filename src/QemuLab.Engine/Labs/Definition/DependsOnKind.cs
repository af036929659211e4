using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A dependency as it is written: a machine or a group, not yet looked up.</summary>
internal sealed record DependencyText(Located<string> Name, DependencyCondition Condition);

/// <summary>What a machine waits for: a name, <c>{ NAME: CONDITION }</c>, <c>{ name: NAME, condition: CONDITION }</c>, or a list of them.</summary>
internal sealed class DependsOnKind : ValueKind<IReadOnlyList<DependencyText>>
{
    private const int MaximumItems = 250;

    public override string Noun => "the name of a machine or a group, or a list such as [gateway, { control: healthy }]";

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray([.. Forms(), new JsonObject { ["type"] = "array", ["maxItems"] = MaximumItems, ["items"] = new JsonObject { ["anyOf"] = new JsonArray([.. Forms()]) } }]) };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out IReadOnlyList<DependencyText> result)
    {
        IReadOnlyList<YamlValue> items = value is YamlSequence sequence ? sequence.Items : [value];
        if (items.Count > MaximumItems)
        {
            faults.Error(value.Place, $"has {items.Count} items: at most {MaximumItems}", key);
            items = [];
        }

        result = [.. items.SelectMany(item => Read(key, item, faults))];
        return true;
    }

    private static JsonNode[] Forms() =>
    [
        Kinds.MachineOrGroup.Schema(),
        Objects.Dependency.Schema(),
        new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = Kinds.MachineOrGroup.Schema(),
            ["additionalProperties"] = DependencyKeys.Condition.Kind.Schema(),
        },
    ];

    private IEnumerable<DependencyText> Read(string key, YamlValue item, Faults faults) => item switch
    {
        YamlMapping mapping when mapping[DependencyKeys.Name.Name] is not null => Long(key, mapping, faults),
        YamlMapping mapping => mapping.Entries.SelectMany(entry => Short(key, entry, faults)),
        YamlScalar { Type: not YamlType.Null } => Kinds.MachineOrGroup.TryRead(key, item, faults, out string? name) ? [new(new(name, item.Place), DependencyCondition.Ready)] : [],
        _ => Wrong(key, item, faults),
    };

    private static IEnumerable<DependencyText> Long(string key, YamlMapping mapping, Faults faults) =>
        Objects.Dependency.TryRead(key, mapping, faults, out Section? section) && section.Get(DependencyKeys.Name) is { } name
            ? [new(name, Condition(section.Get(DependencyKeys.Condition)?.Value ?? DependencyKeys.Condition.DefaultValue))]
            : [];

    private static IEnumerable<DependencyText> Short(string key, YamlEntry entry, Faults faults) =>
        Kinds.MachineOrGroup.TryRead(key, entry.Key, faults, out string? name) & DependencyKeys.Condition.Kind.TryRead(key, entry.Value, faults, out string? word)
            ? [new(new(name!, entry.Key.Place), Condition(word!))]
            : [];

    private IEnumerable<DependencyText> Wrong(string key, YamlValue item, Faults faults)
    {
        faults.Error(item.Place, $"must be {Noun}, not {item.Noun}", key);
        return [];
    }

    private static DependencyCondition Condition(string word) => Enum.Parse<DependencyCondition>(word, ignoreCase: true);
}

/// <summary>The rows of a dependency that is written out.</summary>
internal static class DependencyKeys
{
    public static Key<string> Name { get; } = new("name", Kinds.MachineOrGroup, Where.Dependency, "A machine, or a group: all of its machines.") { IsRequired = true };

    public static Key<string> Condition { get; } = new(
        "condition", Kinds.Word([.. DependencyConditions.Words]), Where.Dependency, "How far it must have come: started (its CPUs run), ready (a login works, cloud-init is done) or healthy (its healthCheck says yes).")
    { Default = "ready" };

    public static IReadOnlyList<Key> All { get; } = [Name, Condition];
}
