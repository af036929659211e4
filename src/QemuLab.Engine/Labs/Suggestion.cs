namespace QemuLab.Engine.Labs;

/// <summary>What to offer in the place of a word that is not known.</summary>
internal static class Suggestion
{
    private const int Longest = 64;

    /// <summary>The nearest of the known words, or one of which this is the beginning or which begins it (<c>mem</c>, <c>debian-12-x</c>); null where there is none.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        string[] words = [.. known.Where(candidate => candidate.Length <= Longest)];
        return word.Length > Longest ? null : NearestName.Of(word, words) ?? words.FirstOrDefault(candidate => IsBeginning(word, candidate));
    }

    /// <summary><c> (did you mean X?)</c>, or nothing.</summary>
    public static string Hint(string word, IEnumerable<string> known) =>
        For(word, known) is { } nearest ? $" (did you mean {nearest}?)" : "";

    private static bool IsBeginning(string word, string candidate) =>
        (word.Length >= 3 && candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase))
        || (candidate.Length >= 3 && word.StartsWith(candidate, StringComparison.OrdinalIgnoreCase));
}
