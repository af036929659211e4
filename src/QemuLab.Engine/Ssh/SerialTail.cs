using System.Text;
using System.Text.RegularExpressions;
using QemuLab.Engine.Consoles;

namespace QemuLab.Engine.Ssh;

/// <summary>The end of a machine's serial log, as people can read it.</summary>
public static partial class SerialTail
{
    private const int Window = 16 * 1024;

    /// <summary>The last lines that say something; none where there is no log (yet).</summary>
    public static IReadOnlyList<string> Read(string path, int lines)
    {
        try
        {
            byte[] bytes = End(path);
            string before = new SerialLog(path).Previous;
            if (bytes.Length < Window && File.Exists(before))
            {
                // The log was cut a moment ago.
                bytes = [.. End(before), .. bytes];
            }

            bool cut = bytes.Length >= Window;
            IReadOnlyList<string> clean = Clean(Encoding.UTF8.GetString(bytes));
            // The window may begin in the middle of a line, even of a character.
            return [.. clean.Skip(cut ? 1 : 0).TakeLast(lines)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static byte[] End(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(-Math.Min(stream.Length, Window), SeekOrigin.End);
        byte[] buffer = new byte[Window];
        return buffer[..stream.ReadAtLeast(buffer, Window, throwOnEndOfStream: false)];
    }

    /// <summary>The log's length in bytes; 0 where there is none.</summary>
    public static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>Lines without escape sequences, control characters and emptiness; of a line that was drawn over, the last drawing.</summary>
    internal static IReadOnlyList<string> Clean(string text) =>
        [.. Escapes().Replace(text, "").Split('\n').Select(LastDrawing).Where(line => line.Length > 0)];

    private static string LastDrawing(string line)
    {
        string drawn = line.TrimEnd('\r');
        drawn = drawn[(drawn.LastIndexOf('\r') + 1)..];
        return string.Concat(drawn.Where(character => !char.IsControl(character) || character == '\t')).TrimEnd();
    }

    // CSI (colours, cursor), OSC (titles), and the two- and three-character sequences; an unfinished one at the end too.
    [GeneratedRegex(@"\e\[[0-?]*[ -/]*(?:[@-~]|\z)|\e\][^\a\e]*(?:\a|\e\\|\z)|\e[ -/]*(?:[0-~]|\z)")]
    private static partial Regex Escapes();
}
