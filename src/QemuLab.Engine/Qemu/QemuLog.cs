using System.Text.RegularExpressions;

namespace QemuLab.Engine.Qemu;

/// <summary>What QEMU itself says: the file that it begins anew with each start.</summary>
/// <param name="path">The file.</param>
internal sealed partial class QemuLog(string path)
{
    /// <summary>Sets aside what the start before has said: why that one ended may be asked for after the next has begun.</summary>
    public void SetAside()
    {
        if (File.Exists(path))
        {
            File.Move(path, path + ".1", overwrite: true);
        }
    }

    /// <summary>Completes it with what a QEMU that has gone said before it opened the file.</summary>
    /// <returns>All that it said.</returns>
    public async Task<string> CompleteAsync(string before)
    {
        string words = before + (File.Exists(path) ? await File.ReadAllTextAsync(path) : "");
        await File.WriteAllTextAsync(path, words);
        return words;
    }

    /// <summary>The last line that says something, without time and program; null where there is none.</summary>
    public string? LastWords
    {
        get
        {
            try
            {
                return File.ReadLines(path).LastOrDefault(line => line.Length > 0) is { } line ? Plain(line) : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>What QEMU said, each line without time and program.</summary>
    public static string Plain(string words) => Prefix().Replace(words, "");

    [GeneratedRegex(@"^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:qemu-system-\w+: )?", RegexOptions.Multiline)]
    private static partial Regex Prefix();
}
