using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace QemuLab.Engine.Labs.Yaml;

/// <summary>
/// Makes a tree of <see cref="YamlValue"/> of a text. Duplicate keys are reported all at once; syntax ends the reading.
/// Depth and size are bounded, aliases counted by what they stand for, so that no text of a few lines fills the memory.
/// </summary>
internal sealed class YamlComposer
{
    private const int MaximumDepth = 50;
    private const int MaximumValues = 100_000;

    private readonly Parser parser;
    private readonly Faults faults;
    private readonly Func<Mark, Place> placeOf;
    private readonly Dictionary<string, (YamlValue Value, int Count)> anchors = [];
    private int count;

    private YamlComposer(string text, Faults faults, Func<Mark, Place> placeOf)
    {
        parser = new Parser(new StringReader(text));
        this.faults = faults;
        this.placeOf = placeOf;
    }

    /// <summary>The one document of the text; null where there is none, or none that can be read (then a fault says so).</summary>
    public static YamlValue? Compose(string text, Faults faults, string file) =>
        Compose(text, faults, mark => new Place(file, (int)mark.Line, (int)mark.Column));

    public static YamlValue? Compose(string text, Faults faults, Func<Mark, Place> placeOf)
    {
        YamlComposer composer = new(text, faults, placeOf);
        try
        {
            return composer.Document();
        }
        catch (YamlException fault)
        {
            (Mark mark, string message) = YamlFaultText.For(fault, text);
            faults.Error(placeOf(mark), message);
        }
        catch (InvalidOperationException)
        {
            // The library's parser does this, and not a YamlException, where a list in [ ] is cut short by a block key.
            Mark last = composer.parser.Current?.Start ?? Mark.Empty;
            faults.Error(placeOf(last), "not YAML: from here on it makes no sense (is a [ or { before it not closed?)");
        }

        return null;
    }

    private YamlValue? Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        parser.Consume<DocumentStart>();
        YamlValue value = Node(depth: 1);
        parser.Consume<DocumentEnd>();
        return parser.Accept<DocumentStart>(out DocumentStart? second)
            ? throw Refusal(second, "a second document starts here: one file holds one document")
            : value;
    }

    private YamlValue Node(int depth)
    {
        if (!parser.TryConsume<NodeEvent>(out NodeEvent? node))
        {
            return Alias(parser.Consume<AnchorAlias>());
        }

        int before = count;
        Count(node, 1);
        if (depth > MaximumDepth)
        {
            throw Refusal(node, $"nested deeper than {MaximumDepth} levels");
        }

        YamlValue value = node switch
        {
            Scalar scalar => Scalar(scalar),
            SequenceStart => Sequence(node, depth),
            MappingStart => Mapping(node, depth),
            _ => throw Refusal(node, "not a value"),
        };
        if (!node.Anchor.IsEmpty)
        {
            anchors[node.Anchor.Value] = (value, count - before);
        }

        return value;
    }

    private YamlScalar Scalar(Scalar scalar)
    {
        bool isText = scalar.Tag is { IsEmpty: false } && (scalar.Tag.IsNonSpecific || scalar.Tag.Value == "tag:yaml.org,2002:str");
        if (!scalar.Tag.IsEmpty && !isText)
        {
            throw Refusal(scalar, "tags (!) have no meaning here");
        }

        return new YamlScalar(placeOf(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain && !isText)
        {
            IsLiteral = scalar.Style == ScalarStyle.Literal,
        };
    }

    private YamlSequence Sequence(NodeEvent start, int depth)
    {
        List<YamlValue> items = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(depth + 1));
        }

        return new YamlSequence(placeOf(start.Start), items);
    }

    private YamlMapping Mapping(NodeEvent start, int depth)
    {
        Dictionary<string, YamlEntry> entries = [];
        List<YamlEntry> inOrder = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            ParsingEvent at = parser.Current!;
            YamlScalar key = Node(depth + 1) as YamlScalar ?? throw Refusal(at, "a key must be a single word or text");
            YamlEntry entry = new(key, Node(depth + 1));
            if (entries.TryAdd(key.Text, entry))
            {
                inOrder.Add(entry);
            }
            else
            {
                faults.Error(key.Place, $"{Quote.Of(key.Text)} is written twice (first in line {entries[key.Text].Key.Place.Line})");
            }
        }

        return new YamlMapping(placeOf(start.Start), inOrder);
    }

    private YamlValue Alias(AnchorAlias alias)
    {
        if (!anchors.TryGetValue(alias.Value.Value, out (YamlValue Value, int Count) anchor))
        {
            throw Refusal(alias, $"the alias *{alias.Value.Value} has no anchor &{alias.Value.Value} before it");
        }

        Count(alias, anchor.Count);
        return anchor.Value;
    }

    private void Count(ParsingEvent at, int more)
    {
        count += more;
        if (count > MaximumValues)
        {
            throw Refusal(at, $"more than {MaximumValues:N0} values, aliases counted by what they stand for");
        }
    }

    private static YamlException Refusal(ParsingEvent at, string message) => new(at.Start, at.End, message);
}
