using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>What stages wait for, and what is typed.</summary>
internal static partial class Kinds
{
    private const int LongestText = 2000;

    public static ValueKind<string> StageName { get; } = Matching(StageNameForm(), "a stage's name: use letters, digits, '.', '_' and '-', at most 40");

    public static ValueKind<string> SnapshotName { get; } = Matching(Labs.SnapshotName.Form(), "a snapshot's name: use letters, digits, '-', '_' and '.'");

    /// <summary>Not quoted in messages: it may have been put together from parameters.</summary>
    public static ValueKind<string> ConsolePattern { get; } = Text<string>("a regular expression such as \"login: $\"", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        value = scalar.Text;
        return StagePattern.Fault(value);
    });

    /// <summary>Never quoted in messages: it may be a password.</summary>
    public static ValueKind<string> TypedText { get; } = Text<string>("text in quotes such as \"root\\n\"", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        value = scalar.Text;
        return value.Length == 0 ? "is empty" : value.Length > LongestText ? $"is longer than {LongestText} characters" : null;
    });

    /// <summary>Keys that are pressed together, by QEMU's names.</summary>
    public static ValueKind<IReadOnlyList<string>> KeyStroke { get; } = Text<IReadOnlyList<string>>("keys such as ret or ctrl-alt-delete", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        return TypedKeys.TryParse(scalar.Text, out value, out string? unknown) ? null : $"there is no key {Quote.Of(unknown)}{Suggestion.Hint(unknown, TypedKeys.AllNames)}";
    });

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?\z")]
    private static partial Regex StageNameForm();
}
