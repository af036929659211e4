using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>A person's public SSH keys.</summary>
internal static class PublicKeys
{
    /// <summary>The files of one's own, those of OpenSSH's usual names first in the order of the alphabet.</summary>
    public static IReadOnlyList<string> Offered(Func<string, string?> environment) => environment("HOME") is { Length: > 0 } home && Path.Combine(home, ".ssh") is var folder && Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.pub").Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The key in a file.</summary>
    /// <exception cref="QemuLabException">There is none; a private key is not quoted.</exception>
    public static string Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new QemuLabException(ErrorKind.Usage, "key-file-invalid", $"there is no file {file}", "name the .pub file of a key, such as ~/.ssh/id_ed25519.pub");
        }

        string[] lines = [.. File.ReadLines(file).Take(100).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];
        return lines.Any(line => line.Contains("PRIVATE KEY", StringComparison.Ordinal))
            ? throw new QemuLabException(ErrorKind.Usage, "key-file-invalid", $"{file} is a private key", "name the .pub file beside it, and keep this one to yourself")
            : lines is [var key] ? key
            : throw new QemuLabException(ErrorKind.Usage, "key-file-invalid", $"{file} has {(lines.Length == 0 ? "no key" : "more than one line")}", "name the .pub file of one key");
    }
}
