using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A list. An item that is wrong is reported and left out.</summary>
internal sealed class ListKind<T>(ValueKind<T> item, string example) : ValueKind<IReadOnlyList<Located<T>>>
    where T : notnull
{
    private const int MaximumItems = 250;

    public override string Noun => $"a list such as {example}";

    public override JsonObject Schema() => new() { ["type"] = "array", ["items"] = item.Schema(), ["maxItems"] = MaximumItems };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out IReadOnlyList<Located<T>> result)
    {
        List<Located<T>> items = [];
        result = items;
        if (value is not YamlSequence sequence)
        {
            faults.Error(value.Place, $"must be {Noun}, not {value.Noun}", key);
            return false;
        }

        if (sequence.Items.Count > MaximumItems)
        {
            faults.Error(value.Place, $"has {sequence.Items.Count} items: at most {MaximumItems}", key);
            return false;
        }

        foreach (YamlValue element in sequence.Items)
        {
            if (item.TryRead(key, element, faults, out T? read))
            {
                items.Add(new Located<T>(read, element.Place));
            }
        }

        return true;
    }
}
