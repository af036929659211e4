namespace QemuLab.Engine.Images;

/// <summary>A SHA512SUMS file: a digest and a file's name on each line, as sha512sum writes it.</summary>
internal static class Sha512Sums
{
    private const int DigestLength = 128;

    /// <summary>The digest of the file; null where no line names it.</summary>
    public static string? DigestOf(string file, string text) => text
        .Split('\n', StringSplitOptions.TrimEntries)
        .Where(line => line.Length > DigestLength + 1 && line[..DigestLength].All(char.IsAsciiHexDigit))
        .Where(line => NameOf(line) == file)
        .Select(line => line[..DigestLength].ToLowerInvariant())
        .FirstOrDefault();

    /// <summary>After the digest: a space, then a space or (for binary mode) an asterisk. A leading ./ means nothing.</summary>
    private static string NameOf(string line)
    {
        string name = line[(DigestLength + 1)..].TrimStart(' ', '*');
        return name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
    }
}
