using System.Text;
using System.Text.RegularExpressions;
using QemuLab.Engine.Consoles;

namespace QemuLab.Engine.Ssh;

/// <summary>The end of a machine's serial log, as people can read it.</summary>
public static partial class SerialTail
{
    private const int Window = 16 * 1024;

    /// <summary>The last lines that say something; none where there is no log (yet).</summary>
    public static IReadOnlyList<string> Read(string path, int lines) => Read(path, lines, from: 0, Window);

    /// <param name="path">The log.</param>
    /// <param name="lines">How many at most.</param>
    /// <param name="from">What is before that is of an earlier boot; a log that is shorter was cut since, and is read whole.</param>
    /// <param name="window">How many bytes of its end are looked at.</param>
    public static IReadOnlyList<string> Read(string path, int lines, long from, int window = Window)
    {
        try
        {
            long begin = Length(path) < from ? 0 : from;
            byte[] bytes = End(path, begin, window);
            string before = new SerialLog(path).Previous;
            if (bytes.Length < window && begin == 0 && File.Exists(before))
            {
                // The log was cut a moment ago.
                bytes = [.. End(before, 0, window), .. bytes];
            }

            bool cut = bytes.Length >= window;
            IReadOnlyList<string> clean = Clean(Encoding.UTF8.GetString(bytes));
            // The window may begin in the middle of a line, even of a character.
            return [.. clean.Skip(cut ? 1 : 0).TakeLast(lines)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static byte[] End(string path, long from, int window)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = Math.Max(Math.Min(from, stream.Length), stream.Length - window);
        byte[] buffer = new byte[(int)Math.Min(window, stream.Length - stream.Position)];
        return buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
    }

    /// <summary>The log's length in bytes; 0 where there is none.</summary>
    public static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>For how long nothing has been written, since then at most.</summary>
    public static TimeSpan Silence(string path, DateTimeOffset since, DateTimeOffset now)
    {
        var file = new FileInfo(path);
        DateTimeOffset written = file.Exists && file.LastWriteTimeUtc > since ? file.LastWriteTimeUtc : since;
        return now > written ? now - written : TimeSpan.Zero;
    }

    /// <summary>Lines without escape sequences, control characters and emptiness; of a line that was drawn over, the last drawing.</summary>
    internal static IReadOnlyList<string> Clean(string text) =>
        [.. Escapes().Replace(Jumps().Replace(text, "\n"), "").Split('\n').Select(LastDrawing).Where(line => line.Length > 0)];

    private static string LastDrawing(string line)
    {
        string drawn = line.TrimEnd('\r');
        drawn = drawn[(drawn.LastIndexOf('\r') + 1)..];
        return string.Concat(drawn.Where(character => !char.IsControl(character) || character == '\t')).TrimEnd();
    }

    // The cursor goes elsewhere: so firmware and boot loaders draw their screens, without a line's end.
    [GeneratedRegex(@"\e\[[0-9;]*[Hf]")]
    private static partial Regex Jumps();

    // CSI (colours, cursor), OSC (titles), and the two- and three-character sequences; an unfinished one at the end too.
    [GeneratedRegex(@"\e\[[0-?]*[ -/]*(?:[@-~]|\z)|\e\][^\a\e]*(?:\a|\e\\|\z)|\e[ -/]*(?:[0-~]|\z)")]
    private static partial Regex Escapes();
}
