using QemuLab.Engine.Labs;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Images;

/// <summary>Takes values out of one mapping of an image's file, and notes what is wrong with them.</summary>
internal sealed class ImageFileFields(YamlMapping mapping, Faults faults)
{
    public string? Required(string key, Func<string, string?> read, string noun) => Read(key, read, noun, isRequired: true);

    public string? Optional(string key, Func<string, string?> read, string noun) => Read(key, read, noun, isRequired: false);

    /// <param name="key">The key.</param>
    /// <param name="read">Gives the value, or null where the text is none.</param>
    /// <param name="noun">What the value must be, for messages.</param>
    /// <param name="isRequired">Whether it may be missing.</param>
    public string? Read(string key, Func<string, string?> read, string noun, bool isRequired)
    {
        switch (mapping[key])
        {
            case null:
                if (isRequired)
                {
                    faults.Error(mapping.Place, $"missing: write {noun}", key);
                }

                return null;
            case YamlScalar { Text.Length: > 0 } scalar when read(scalar.Text) is { } value:
                return value;
            case { } wrong:
                faults.Error(wrong.Place, $"must be {noun}", key);
                return null;
        }
    }

    public Uri? Url(string key, bool isRequired)
    {
        string? text = Read(key, value => IsHttp(value) ? value : null, "an http or https URL", isRequired);
        return text is null ? null : new Uri(text);
    }

    public IReadOnlyList<string> Words(string key)
    {
        switch (mapping[key])
        {
            case null:
                return [];
            case YamlSequence list when list.Items.All(item => item is YamlScalar):
                return [.. list.Items.Cast<YamlScalar>().Select(item => item.Text)];
            case { } wrong:
                faults.Error(wrong.Place, "must be a list of words", key);
                return [];
        }
    }

    public IReadOnlyList<YamlEntry> Mapping(string key)
    {
        switch (mapping[key])
        {
            case YamlMapping { Entries.Count: > 0 } found:
                return found.Entries;
            case var wrong:
                faults.Error(wrong?.Place ?? mapping.Place, "must be a mapping with x86_64 or aarch64", key);
                return [];
        }
    }

    public void RefuseOthers(IReadOnlyList<string> keys)
    {
        foreach (YamlScalar key in mapping.Entries.Select(entry => entry.Key).Where(key => !keys.Contains(key.Text)))
        {
            faults.Error(key.Place, $"there is no key {Quote.Of(key.Text)} here{Suggestion.Hint(key.Text, keys)}");
        }
    }

    private static bool IsHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme is "http" or "https");
}
