using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace QemuLab.Engine.CloudInit;

/// <summary>A fault of a document; lines and columns are the document's own.</summary>
internal sealed class ConfigFaultException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}

/// <summary>A document with the places of its top-level keys.</summary>
internal sealed record ConfigDocument(ConfigNode.Mapping Root, IReadOnlyDictionary<string, (int Line, int Column)> Places);

/// <summary>
/// Reads a cloud-config document into <see cref="ConfigNode"/>s: aliases and merge keys (<c>&lt;&lt;</c>) are resolved, tags applied.
/// Messages name what is wrong and where, never what stood there: a document may hold secrets.
/// </summary>
internal sealed class ConfigReader
{
    // Aliases of aliases can grow beyond all bounds from a few lines; nobody writes by hand what these limits refuse.
    private const int MaxNodes = 100_000;
    private const int MaxDepth = 64;

    private int nodes;

    /// <exception cref="ConfigFaultException">It is not a YAML mapping, or has what cannot be written plainly.</exception>
    public static ConfigDocument Read(string text)
    {
        YamlStream stream = Load(text);
        if (stream.Documents.Count > 1)
        {
            throw Fault(stream.Documents[1].RootNode, "a second YAML document: cloud-init reads only one");
        }

        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" })
        {
            return new ConfigDocument(new ConfigNode.Mapping([]), new Dictionary<string, (int, int)>());
        }

        if (stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            throw Fault(stream.Documents[0].RootNode, "user-data is not a mapping of keys such as runcmd: and write_files:");
        }

        var mapping = (ConfigNode.Mapping)new ConfigReader().Convert(root, 0);
        var places = new Dictionary<string, (int, int)>(StringComparer.Ordinal);
        foreach (YamlScalarNode key in root.Children.Keys.OfType<YamlScalarNode>())
        {
            places[key.Value ?? ""] = ((int)key.Start.Line, (int)key.Start.Column);
        }

        return new ConfigDocument(mapping, places);
    }

    private static YamlStream Load(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream;
        }
        catch (YamlException fault)
        {
            // The parser's own message may quote the text (a duplicate key, an unknown anchor): those words stay out.
            string reason = fault is SyntaxErrorException or SemanticErrorException ? fault.Message.Split('\n')[0] : "a key comes twice, or an alias has no anchor";
            throw new ConfigFaultException((int)fault.Start.Line, (int)fault.Start.Column, $"not valid YAML: {reason.TrimEnd('.')}");
        }
    }

    private ConfigNode Convert(YamlNode node, int depth)
    {
        if (++nodes > MaxNodes || depth > MaxDepth)
        {
            throw Fault(node, "too many or too deeply nested values (an alias inside of itself?)");
        }

        return node switch
        {
            YamlScalarNode scalar => ConfigTags.Apply(scalar),
            YamlSequenceNode sequence => new ConfigNode.Sequence([.. sequence.Children.Select(child => Convert(child, depth + 1))]),
            YamlMappingNode mapping => ConvertMapping(mapping, depth),
            _ => throw Fault(node, "a value of no known kind"),
        };
    }

    private ConfigNode.Mapping ConvertMapping(YamlMappingNode mapping, int depth)
    {
        var own = new List<ConfigEntry>();
        var merged = new List<ConfigEntry>();
        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            if (key is not YamlScalarNode name)
            {
                throw Fault(key, "a key must be a single word");
            }

            if (name is { Value: "<<", Style: ScalarStyle.Plain })
            {
                merged.AddRange(Merged(value, depth));
                continue;
            }

            YamlNode content = ConfigTags.BinaryContent(name, value, own);
            own.Add(new ConfigEntry(ConfigTags.Apply(name), Convert(content, depth + 1)));
        }

        // Own keys win over merged ones, and of those the first.
        var seen = new HashSet<string>(own.Select(entry => entry.Key.Text), StringComparer.Ordinal);
        own.AddRange(merged.Where(entry => seen.Add(entry.Key.Text)));
        return new ConfigNode.Mapping(own);
    }

    private IEnumerable<ConfigEntry> Merged(YamlNode value, int depth) => value switch
    {
        YamlMappingNode mapping => ConvertMapping(mapping, depth + 1).Entries,
        YamlSequenceNode sequence => sequence.Children.SelectMany(child => Merged(child, depth + 1)),
        _ => throw Fault(value, "<< takes a mapping or a list of mappings"),
    };

    private static ConfigFaultException Fault(YamlNode node, string message) => new((int)node.Start.Line, (int)node.Start.Column, message);
}
