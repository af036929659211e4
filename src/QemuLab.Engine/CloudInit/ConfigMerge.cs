namespace QemuLab.Engine.CloudInit;

/// <summary>Merges documents: mappings key by key, lists one after the other, and of two single values the later wins.</summary>
internal static class ConfigMerge
{
    public static ConfigNode.Mapping Merge(ConfigNode.Mapping earlier, ConfigNode.Mapping later)
    {
        var entries = new List<ConfigEntry>(earlier.Entries);
        foreach (ConfigEntry entry in later.Entries)
        {
            int index = entries.FindIndex(existing => existing.Key.Text == entry.Key.Text);
            if (index < 0)
            {
                entries.Add(entry);
            }
            else
            {
                entries[index] = entries[index] with { Value = Merge(entries[index].Value, entry.Value) };
            }
        }

        return new ConfigNode.Mapping(entries);
    }

    private static ConfigNode Merge(ConfigNode earlier, ConfigNode later) => (earlier, later) switch
    {
        (ConfigNode.Mapping one, ConfigNode.Mapping two) => Merge(one, two),
        (ConfigNode.Sequence one, ConfigNode.Sequence two) => new ConfigNode.Sequence([.. one.Items, .. two.Items]),
        // `runcmd:` with nothing under it says nothing; it does not take away what others said.
        (not ConfigNode.Scalar, ConfigNode.Scalar { IsNull: true }) => earlier,
        _ => later,
    };
}
