namespace QemuLab.Engine.Labs.Yaml;

/// <summary>
/// A YAML value with its place. Immutable, so that a setting makes a new tree. Not the representation model of the
/// library: that one stops at the first duplicate key and recurses without a bound.
/// </summary>
internal abstract record YamlValue(Place Place)
{
    /// <summary>What the user wrote, in a word, for messages.</summary>
    public abstract string Noun { get; }
}

/// <summary>One value: text, number, boolean or null.</summary>
/// <param name="Text">The value after unquoting and unfolding.</param>
/// <param name="IsPlain">Written without quotes or block marker, so that <c>2</c> is a number and <c>true</c> a boolean.</param>
internal sealed record YamlScalar(Place Place, string Text, bool IsPlain) : YamlValue(Place)
{
    /// <summary>As it stands in the file, before a parameter took its place: messages quote this, so that no secret is shown.</summary>
    public string Source { get; init; } = Text;

    public bool IsSubstituted => Source != Text;

    /// <summary>A parameter in it has no value; that has been said, and nothing more can be said of it.</summary>
    public bool IsUnresolved { get; init; }

    /// <summary>Written as a literal block (<c>|</c>), whose lines are the file's lines.</summary>
    public bool IsLiteral { get; init; }

    public YamlType Type => CoreSchema.TypeOf(this);

    public override string Noun => Type switch
    {
        YamlType.Null => "nothing",
        YamlType.Boolean => "a boolean",
        YamlType.Integer or YamlType.Number => "a number",
        _ => "text",
    };
}

internal sealed record YamlSequence(Place Place, IReadOnlyList<YamlValue> Items) : YamlValue(Place)
{
    public override string Noun => "a list";
}

internal sealed record YamlMapping(Place Place, IReadOnlyList<YamlEntry> Entries) : YamlValue(Place)
{
    public override string Noun => "a mapping";

    public YamlValue? this[string key] => Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;

    /// <summary>The same mapping with the key's value replaced, or added at the end; null takes the key out.</summary>
    public YamlMapping With(string key, Place place, YamlValue? value)
    {
        List<YamlEntry> entries = [.. Entries];
        int index = entries.FindIndex(entry => entry.Key.Text == key);
        if (index >= 0)
        {
            entries.RemoveAt(index);
        }

        if (value is not null)
        {
            entries.Insert(index >= 0 ? index : entries.Count, new YamlEntry(new YamlScalar(place, key, IsPlain: true), value));
        }

        return this with { Entries = entries };
    }
}

internal sealed record YamlEntry(YamlScalar Key, YamlValue Value);
