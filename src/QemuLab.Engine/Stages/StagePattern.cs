using System.Text.RegularExpressions;

namespace QemuLab.Engine.Stages;

/// <summary>
/// A regular expression for a console. Matched without backtracking, so that no pattern and no guest can make it take longer
/// than the text is long.
/// </summary>
internal static class StagePattern
{
    public const int MaximumCharacters = 500;

    /// <summary>^ and $ are a line's; at the end of what has come so far $ matches too, so that a prompt can be told.</summary>
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.CultureInvariant;

    /// <summary>What is wrong with it; null: nothing.</summary>
    public static string? Fault(string pattern)
    {
        if (pattern.Length is 0 or > MaximumCharacters)
        {
            return pattern.Length == 0 ? "is empty" : $"is longer than {MaximumCharacters} characters";
        }

        try
        {
            return Compile(pattern).IsMatch("") ? "matches even where nothing is written: ask for at least one character" : null;
        }
        catch (RegexParseException wrong)
        {
            // .NET's own words quote the pattern first, and end with what is wrong.
            string why = wrong.Message[(wrong.Message.IndexOf(" at offset ", StringComparison.Ordinal) is >= 0 and int at ? at + 1 : 0)..].TrimEnd('.');
            return $"is not a regular expression: {why}; put \\ before a sign that is meant as itself, such as \\[";
        }
        catch (NotSupportedException)
        {
            return "looks ahead, behind or back, or repeats too much: a console is matched in one go, without lookarounds, backreferences and atomic groups";
        }
    }

    public static Regex Compile(string pattern) => new(pattern, Options);
}
