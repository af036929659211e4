using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>A mapping of the lab file as read: its good values by key.</summary>
internal sealed class Section(Place place, IReadOnlyDictionary<Key, Located<object>?> values)
{
    public static Section Empty { get; } = new(default, new Dictionary<Key, Located<object>?>());

    public Place Place { get; } = place;

    /// <summary>The value; null where it was left out, or was wrong and has been reported.</summary>
    public Located<T>? Get<T>(Key<T> key)
        where T : notnull =>
        values.GetValueOrDefault(key) is { } found ? new Located<T>((T)found.Value, found.Place) : null;

    /// <summary>Whether the file says something for the key, right or wrong.</summary>
    public bool Mentions(Key key) => values.ContainsKey(key);
}
