using System.Text.RegularExpressions;

namespace QemuLab.Engine.Boots;

/// <summary>Words on a console that tell why a guest does not come up.</summary>
/// <param name="Code">The finding's.</param>
/// <param name="Pattern">For one line.</param>
/// <param name="Meaning">One sentence without a full stop; <c>$1</c> stands for what the pattern's first group has found.</param>
/// <param name="Advice">What to do; <c>NAME</c> stands for the machine.</param>
internal sealed record ConsoleCause(string Code, string Pattern, string Meaning, string Advice)
{
    private readonly Lazy<Regex> regex = new(() => new Regex(Pattern, RegexOptions.CultureInvariant));

    public BootFindingKind Kind { get; init; } = BootFindingKind.Fault;

    /// <summary>A guest that has come so far has overcome it; null: it counts however far it came.</summary>
    public BootStage? Until { get; init; }

    /// <inheritdoc cref="BootFinding.IsFinal"/>
    public bool IsFinal { get; init; }

    /// <inheritdoc cref="BootFinding.ExplainsFaults"/>
    public bool ExplainsFaults { get; init; }

    /// <summary>The last line of these words tells most, not the first.</summary>
    public bool IsLastOf { get; init; }

    public BootFinding? Find(BootEvidence evidence)
    {
        if (Until is { } overcome && evidence.IsBeyond(overcome))
        {
            return null;
        }

        (string Line, Match Match) shown = (IsLastOf ? evidence.Console.Reverse() : evidence.Console).Select(line => (line, regex.Value.Match(line))).FirstOrDefault(one => one.Item2.Success);
        return shown.Match is null ? null : new BootFinding(
            Code,
            Kind,
            Meaning.Replace("$1", shown.Match.Groups[1].Value.Trim(), StringComparison.Ordinal),
            Advice.Replace("NAME", evidence.Machine, StringComparison.Ordinal),
            shown.Line.Trim())
        {
            IsFinal = IsFinal,
            ExplainsFaults = ExplainsFaults,
        };
    }
}
