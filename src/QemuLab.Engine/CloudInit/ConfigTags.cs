using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace QemuLab.Engine.CloudInit;

/// <summary>Applies YAML's standard tags to scalars, so that none is needed when the document is written again.</summary>
internal static class ConfigTags
{
    private const string Standard = "tag:yaml.org,2002:";

    /// <exception cref="ConfigFaultException">The tag is not one of YAML's own for a single value.</exception>
    public static ConfigNode.Scalar Apply(YamlScalarNode node)
    {
        string text = node.Value ?? "";
        bool plain = node.Style is ScalarStyle.Plain or ScalarStyle.Any && !text.Contains('\n', StringComparison.Ordinal);
        string tag = Tag(node);
        return tag switch
        {
            "" or "?" => new(text, plain && PlainScalars.IsAmbiguous(text)),
            "!" or Standard + "str" => new(text),
            Standard + "int" or Standard + "float" or Standard + "bool" or Standard + "null" or Standard + "timestamp" => new(text, PlainScalars.IsAmbiguous(text)),
            _ => throw new ConfigFaultException((int)node.Start.Line, (int)node.Start.Column, "a YAML tag that QemuLab does not know"),
        };
    }

    /// <summary>
    /// <c>content: !!binary</c>, as cloud-init's own examples for write_files have it: the same as base64 with <c>encoding: b64</c>,
    /// which needs no tag.
    /// </summary>
    public static YamlNode BinaryContent(YamlScalarNode key, YamlNode value, List<ConfigEntry> entries)
    {
        if (key.Value != "content" || value is not YamlScalarNode scalar || Tag(scalar) != Standard + "binary")
        {
            return value;
        }

        entries.Add(("encoding", "b64"));
        return new YamlScalarNode(string.Concat((scalar.Value ?? "").Where(character => !char.IsWhiteSpace(character)))) { Style = ScalarStyle.DoubleQuoted };
    }

    private static string Tag(YamlScalarNode node) => node.Tag.IsEmpty ? "" : node.Tag.Value;
}
