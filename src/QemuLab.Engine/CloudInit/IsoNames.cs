using System.Globalization;

namespace QemuLab.Engine.CloudInit;

/// <summary>Gives files the names of ISO 9660 level 1 (ECMA-119 10.1): eight and three of A to Z, 0 to 9 and underscore, all different.</summary>
internal static class IsoNames
{
    public static IReadOnlyList<string> For(IEnumerable<string> names)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. names.Select(name => Unique(name, taken))];
    }

    private static string Unique(string name, HashSet<string> taken)
    {
        int dot = name.LastIndexOf('.');
        string stem = Plain(dot > 0 ? name[..dot] : name, 8);
        string extension = dot > 0 ? Plain(name[(dot + 1)..], 3) : "";
        string candidate = $"{stem}.{extension};1";
        for (int number = 1; !taken.Add(candidate); number++)
        {
            string suffix = number.ToString(CultureInfo.InvariantCulture);
            candidate = $"{stem[..Math.Min(stem.Length, 8 - suffix.Length)]}{suffix}.{extension};1";
        }

        return candidate;
    }

    private static string Plain(string text, int length) =>
        string.Concat(text.ToUpperInvariant().Take(length).Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));
}
