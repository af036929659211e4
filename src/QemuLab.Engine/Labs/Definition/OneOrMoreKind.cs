using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A list that may be written without its brackets where it has one item.</summary>
internal sealed class OneOrMoreKind<T>(ValueKind<T> item, string example) : ValueKind<IReadOnlyList<Located<T>>>
    where T : notnull
{
    private readonly ListKind<T> list = new(item, example);

    public override string Noun => $"{item.Noun}, or {list.Noun}";

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray(item.Schema(), list.Schema()) };

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out IReadOnlyList<Located<T>> result)
    {
        if (value is YamlSequence)
        {
            return list.TryRead(key, value, faults, out result);
        }

        bool isGood = item.TryRead(key, value, faults, out T? single);
        result = isGood ? [new Located<T>(single!, value.Place)] : null;
        return isGood;
    }
}
