namespace QemuLab.Engine.CloudInit;

/// <summary>A value of a cloud-config document, free of YAML's spelling: no anchors, no tags, no styles.</summary>
internal abstract record ConfigNode
{
    private ConfigNode()
    {
    }

    /// <summary>A single value.</summary>
    /// <param name="Typed">Written plain where that may mean something else than text (<c>true</c>, <c>0644</c>, <c>null</c>), so it must be written plain again.</param>
    public sealed record Scalar(string Text, bool Typed = false) : ConfigNode
    {
        public bool IsNull => Typed && Text is ("" or "~" or "null" or "Null" or "NULL");

        public static Scalar Of(bool value) => new(value ? "true" : "false", Typed: true);

        public static Scalar Of(int value) => new(value.ToString(System.Globalization.CultureInfo.InvariantCulture), Typed: true);
    }

    public sealed record Sequence(IReadOnlyList<ConfigNode> Items) : ConfigNode
    {
        public static Sequence Of(params IEnumerable<string> items) => new([.. items.Select(item => new Scalar(item))]);
    }

    /// <summary>Keys in the order in which they were written; none comes twice.</summary>
    public sealed record Mapping(IReadOnlyList<ConfigEntry> Entries) : ConfigNode
    {
        public ConfigNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key.Text == key).Value;

        public string? Text(string key) => (this[key] as Scalar)?.Text;

        public Mapping Without(string key) => new([.. Entries.Where(entry => entry.Key.Text != key)]);

        /// <summary>The same with one key's value replaced in its place, or added at the end.</summary>
        public Mapping With(string key, ConfigNode value)
        {
            bool there = Entries.Any(entry => entry.Key.Text == key);
            return new([.. Entries.Select(entry => entry.Key.Text == key ? entry with { Value = value } : entry),
                .. there ? Array.Empty<ConfigEntry>() : [new(new Scalar(key), value)]]);
        }
    }

    public static implicit operator ConfigNode(string text) => new Scalar(text);

    public static implicit operator ConfigNode(bool value) => Scalar.Of(value);
}

/// <summary>One key of a mapping with its value.</summary>
internal readonly record struct ConfigEntry(ConfigNode.Scalar Key, ConfigNode Value)
{
    public static implicit operator ConfigEntry((string Key, ConfigNode Value) pair) => new(new ConfigNode.Scalar(pair.Key), pair.Value);
}
