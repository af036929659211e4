using System.Text.RegularExpressions;

namespace QemuLab.Engine.Qemu;

/// <summary>What QEMU itself says: the file that it begins anew with each start.</summary>
/// <param name="path">The file.</param>
internal sealed partial class QemuLog(string path)
{
    private const int LongestLine = 64 * 1024;

    /// <summary>
    /// Sets aside what the start before has said: why that one ended may be asked for after the next has begun. Mostly that is
    /// nothing; then the file is used again, which spares the file system a new one at each start.
    /// </summary>
    public void SetAside()
    {
        string aside = path + ".1";
        if (new FileInfo(path) is { Exists: true } before)
        {
            if (before.Length > 0)
            {
                before.MoveTo(aside, overwrite: true);
            }
            else
            {
                File.Delete(aside);
            }
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

    /// <summary>
    /// Where it is too long, takes out all but its end. QEMU goes on writing at the place where it was, however short the file
    /// is: so the end stays where it is, and what was before takes no room, and is read as zeros.
    /// </summary>
    public void Shorten(long limit, int keep)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length <= limit)
        {
            return;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] buffer = new byte[keep];
        file.Position = file.Length - limit;
        if (file.ReadByte() == 0)
        {
            // It has grown by less than that since the last time.
            return;
        }

        long start = file.Length - keep;
        file.Position = start;
        file.ReadExactly(buffer);
        file.SetLength(0);
        file.Position = start;
        file.Write(buffer);
    }

    /// <summary>The last line that says something, without time and program; null where there is none.</summary>
    public string? LastWords
    {
        get
        {
            try
            {
                return End().Split('\n').LastOrDefault(line => line.Length > 0) is { } line ? Plain(line) : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    private string End()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Max(0, file.Length - LongestLine);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().TrimStart('\0').Replace("\r", "", StringComparison.Ordinal);
    }

    /// <summary>What QEMU said, each line without time and program.</summary>
    public static string Plain(string words) => Prefix().Replace(words, "");

    [GeneratedRegex(@"^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:qemu-system-\w+: )?", RegexOptions.Multiline)]
    private static partial Regex Prefix();
}
