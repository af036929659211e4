using System.Globalization;

namespace QemuLab.Engine.Errors;

/// <summary>An error that can happen, as people look it up.</summary>
/// <param name="Number">Such as <c>QL0042</c>; stays for ever.</param>
/// <param name="Code">The word for scripts, such as <c>port-taken</c>.</param>
/// <param name="Meaning">What has happened, and why it does.</param>
/// <param name="Remedy">What to try.</param>
public sealed record KnownError(string Number, string Code, string Meaning, string Remedy);

/// <summary>Every error there is, from the one text that lists them (<c>catalogue.txt</c>).</summary>
public static class ErrorCatalogue
{
    private const string Prefix = "QL";

    // Plain lines: an error is told in milliseconds, and a YAML reader would take a hundred to get going.
    private static readonly Lazy<IReadOnlyList<KnownError>> Known = new(() => Read(Text()));

    public static IReadOnlyList<KnownError> All => Known.Value;

    /// <summary>The number of a code; null: it has none.</summary>
    public static string? NumberOf(string code) => All.FirstOrDefault(error => error.Code == code)?.Number;

    /// <summary>By number, in any spelling of it, or by code; null: there is none.</summary>
    public static KnownError? Find(string word)
    {
        string name = word.Trim().ToLowerInvariant();
        string digits = name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? name[Prefix.Length..] : name;
        string number = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? NumberText(value) : "";
        return All.FirstOrDefault(error => error.Code == name || error.Number == number);
    }

    internal static string NumberText(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:0000}");

    /// <summary>Three lines for each, an empty one between; a line that begins with # is for those who write it.</summary>
    internal static IReadOnlyList<KnownError> Read(string text)
    {
        string[] lines = [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
        return [.. lines.Chunk(3).Select(lines => lines[0].Split(' ') is [var number, var code] && lines.Length == 3
            ? new KnownError(number, code, lines[1], lines[2])
            : throw new InvalidDataException($"'{lines[0]}' is not a number and a code with two lines"))];
    }

    private static string Text()
    {
        using var reader = new StreamReader(typeof(ErrorCatalogue).Assembly.GetManifestResourceStream("errors/catalogue.txt")!);
        return reader.ReadToEnd();
    }
}
