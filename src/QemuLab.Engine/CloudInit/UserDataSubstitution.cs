using System.Text.RegularExpressions;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// The substitutions of user-data: <c>${lab.name}</c>, <c>${lab.domain}</c>, <c>${machine.name}</c>, <c>${machine.group}</c>,
/// <c>${machine.index}</c>, <c>${machine.address}</c> and <c>${parameters.NAME}</c>. The dot keeps them apart from every
/// variable of a shell, so that <c>${HOME}</c> in a script stays what it is. <c>$${machine.name}</c> stands for <c>${machine.name}</c>.
/// </summary>
public static partial class UserDataSubstitution
{
    public const string LabName = "lab.name";
    public const string LabDomain = "lab.domain";
    public const string MachineName = "machine.name";
    public const string MachineGroup = "machine.group";
    public const string MachineIndex = "machine.index";
    public const string MachineAddress = "machine.address";

    /// <summary>What a parameter's name follows.</summary>
    public const string ParameterPrefix = "parameters.";

    /// <summary>All names but the parameters.</summary>
    public static IReadOnlyList<string> Names { get; } = [LabName, LabDomain, MachineName, MachineGroup, MachineIndex, MachineAddress];

    /// <summary>
    /// The text with the given names substituted, and every other <c>${…}</c> as it was. The reader has given all names but
    /// <see cref="LabDomain"/> and <see cref="MachineAddress"/>, which the planner decides: it calls this once, last.
    /// </summary>
    public static string Apply(string text, IReadOnlyDictionary<string, string> values) =>
        Use().Replace(text, use => use.Value[1] == '$' ? use.Value[1..] : values.GetValueOrDefault(use.Groups[1].Value, use.Value));

    /// <summary>The same for the first of two rounds: <c>$${</c> is kept for the last one.</summary>
    internal static string ApplyFirst(string text, IReadOnlyDictionary<string, string> values) =>
        Use().Replace(text, use => use.Value[1] == '$' ? use.Value : values.GetValueOrDefault(use.Groups[1].Value, use.Value));

    /// <summary>Each name that is used, and where the use begins.</summary>
    internal static IEnumerable<(string Name, int Index)> Uses(string text) =>
        Use().Matches(text).Where(use => use.Value[1] != '$').Select(use => (use.Groups[1].Value, use.Index));

    /// <summary>A text of the same length and lines that parses as the substituted one will, whatever the values are.</summary>
    internal static string Placeholders(string text) => Use().Replace(text, use => new string('x', use.Length));

    [GeneratedRegex(@"\$?\$\{((?:lab|machine|parameters)\.[A-Za-z0-9_.-]*)\}")]
    private static partial Regex Use();
}
