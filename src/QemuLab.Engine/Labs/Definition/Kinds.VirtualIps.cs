using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>Words of a virtual IP and its check.</summary>
internal static partial class Kinds
{
    /// <summary>A host's name without its domain.</summary>
    public static ValueKind<string> HostName { get; } = Matching(NameForm(), "a host name such as kubernetes: use lower-case letters, digits and hyphens");

    public static ValueKind<string> MachineOrGroup { get; } = Matching(NameForm(), "the name of a machine or a group");

    /// <summary>Only characters that neither a URL nor keepalived's configuration takes for something else.</summary>
    public static ValueKind<string> HttpPath { get; } = Matching(HttpPathForm(), "a path such as /healthz");

    /// <summary>One of a few words.</summary>
    public static ValueKind<string> Word(params string[] words) => Text<string>(
        string.Join(", ", words[..^1]) + " or " + words[^1],
        new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) },
        (scalar, out value) =>
        {
            value = scalar.Text;
            return words.Contains(value) ? null : $"{Quote.Of(scalar.Source)} is not one of {string.Join(", ", words)}{Suggestion.Hint(scalar.Source, words)}";
        });

    /// <summary>A single value, or a list of them.</summary>
    public static OneOrMoreKind<T> OneOrMore<T>(ValueKind<T> item, string example)
        where T : notnull => new(item, example);

    [GeneratedRegex(@"\A/[A-Za-z0-9._~/?&=%+,@:-]*\z")]
    private static partial Regex HttpPathForm();
}
