using System.Text;
using QemuLab.Engine.CloudInit;
using YamlDotNet.RepresentationModel;

namespace QemuLab.Tests.CloudInit;

public sealed class ConfigWriterTests
{
    private static readonly string[] Nasty =
    [
        "", " ", "a", "a b", " a", "a ", "yes", "No", "on", "off", "y", "N", "null", "~", "true", "1", "0644", "1e3", "0x1f", "1:20", "2024-01-01", ".5", ".inf", "-", "-1", "- a", "+x",
        "a:", "a: b", "a:b", ":a", "#", "a #b", "a#b", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "{a}", "[a]", "a, b", "'", "\"", "it's", "say \"x\"", "\\", "a\\nb", "?", "? a", "=", "<<",
        "---", "...", "\t", "a\tb", "\n", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\n", "a\nb", "a\nb\n", "  a\nb", "a\n  b\n", "a\n \nb\n", "a\n\t\nb", "a\nb ", "a \nb\n", "a\r\nb\r\n", "a\rb", "\ta\nb", "#a\nb\n",
        "a\n ", "ü", "日本語", "🙂", "\u0000", "\u0007", "\u001b[0m", "\u007f", "\u0085", "a\u0085b\n", "\u00a0", "\u2028", "\ufeff", "\ufffd", "a\u2029\nb", "$HOME `id` $(id)",
    ];

    [Fact]
    public void Every_text_comes_back_as_it_was_at_any_depth()
    {
        foreach (string text in Nasty.Concat(Generated()))
        {
            var document = new ConfigNode.Mapping(
            [
                ("key", text),
                (text.Length is > 0 and < 100 ? text : "other", "value"),
                ("list", new ConfigNode.Sequence([text, ConfigNode.Sequence.Of(text, "x"), new ConfigNode.Mapping([("first", text), ("second", text)])])),
            ]);
            if (text is "key" or "list")
            {
                continue;
            }

            string yaml = ConfigWriter.Write(document);

            YamlMappingNode read = Parse(yaml);
            Assert.Equal((string[])[text, text, text, "x", text, text], Values(read));
            Assert.Equal(Flat(document), Flat(ConfigReader.Read(yaml).Root));
        }
    }

    [Theory]
    [InlineData("lab", "lab")]
    [InlineData("/bin/bash", "/bin/bash")]
    [InlineData("ssh-ed25519 AAAA me@host", "ssh-ed25519 AAAA me@host")]
    [InlineData("http://10.0.0.1:3142/x", "http://10.0.0.1:3142/x")]
    [InlineData("10.77.0.10/24", "\"10.77.0.10/24\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("ALL=(ALL) NOPASSWD:ALL", "\"ALL=(ALL) NOPASSWD:ALL\"")]
    [InlineData("tab\there", "\"tab\\there\"")]
    [InlineData("two\nlines", "|-\n  two\n  lines")]
    [InlineData("two\nlines\n", "|\n  two\n  lines")]
    public void Text_is_plain_where_that_is_beyond_doubt(string text, string written) =>
        Assert.Equal($"k: {written}\n", ConfigWriter.Write(new ConfigNode.Mapping([("k", text)])));

    [Fact]
    public void Values_that_are_no_text_stay_what_they_were()
    {
        const string Typed = "a: yes\nb: 0644\nc: null\nd:\ne: 1.5\nf: []\ng: {}\nh: \"yes\"\n";
        Assert.Equal(Typed, ConfigWriter.Write(ConfigReader.Read(Typed).Root));
    }

    [Fact]
    public void Lists_in_lists_and_mappings_in_lists_are_in_block_style()
    {
        ConfigDocument document = ConfigReader.Read("{runcmd: [[echo, '-n'], x], users: [{name: a, keys: [b]}]}");
        Assert.Equal("runcmd:\n  - - echo\n    - \"-n\"\n  - x\nusers:\n  - name: a\n    keys:\n      - b\n", ConfigWriter.Write(document.Root));
    }

    /// <summary>Short texts out of YAML's own signs, the same ones every time.</summary>
    private static IEnumerable<string> Generated()
    {
        const string Signs = "a:#-\n \t'\"\\[]{},&*!|>%@é1";
        uint state = 12345;
        for (int i = 0; i < 3000; i++)
        {
            var text = new StringBuilder();
            for (int length = i % 9; length >= 0; length--)
            {
                state = (state * 1664525) + 1013904223;
                text.Append(Signs[(int)((state >> 16) % (uint)Signs.Length)]);
            }

            yield return text.ToString();
        }
    }

    private static YamlMappingNode Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static string[] Values(YamlMappingNode read)
    {
        var list = (YamlSequenceNode)read["list"];
        var inner = (YamlSequenceNode)list[1];
        var mapping = (YamlMappingNode)list[2];
        return [.. new[] { read["key"], list[0], inner[0], inner[1], mapping["first"], mapping["second"] }.Select(node => ((YamlScalarNode)node).Value ?? "")];
    }

    private static string Flat(ConfigNode node) => node switch
    {
        ConfigNode.Scalar scalar => $"<{scalar.Typed} {scalar.Text}>",
        ConfigNode.Sequence sequence => $"[{string.Join(',', sequence.Items.Select(Flat))}]",
        ConfigNode.Mapping mapping => "{" + string.Join(',', mapping.Entries.Select(entry => Flat(entry.Key) + ":" + Flat(entry.Value))) + "}",
        _ => "",
    };
}
