using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A kind of value of the lab file: how it is read, how a schema says it, and where a setting's path may lead from it.</summary>
internal abstract class ValueKind
{
    /// <summary>What to write, for messages: <c>a size such as 2GiB</c>.</summary>
    public abstract string Noun { get; }

    public abstract JsonObject Schema();

    /// <summary>The keys below it that a person can be offered; the value is what stands there now.</summary>
    public virtual IEnumerable<string> ChildNames(YamlValue? current) => [];

    /// <summary>The kind of what is below it under that name; null where there is no such thing.</summary>
    public virtual ValueKind? Child(string name, YamlValue? current) => null;

    public abstract bool TryReadAny(string key, YamlValue value, Faults faults, [NotNullWhen(true)] out object? result);
}

internal abstract class ValueKind<T> : ValueKind
    where T : notnull
{
    /// <summary>False where nothing usable is there; a fault says why.</summary>
    public bool TryRead(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        return value is not YamlScalar { IsUnresolved: true } && TryReadGiven(key, value, faults, out result);
    }

    protected abstract bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out T result);

    public sealed override bool TryReadAny(string key, YamlValue value, Faults faults, [NotNullWhen(true)] out object? result)
    {
        bool good = TryRead(key, value, faults, out T? typed);
        result = typed;
        return good;
    }
}

/// <summary>A value with the place that it was written at.</summary>
internal sealed record Located<T>(T Value, Place Place);

/// <summary>A value under a name of the user's choice.</summary>
internal sealed record Named<T>(string Name, Place NamePlace, T Value, Place Place);
