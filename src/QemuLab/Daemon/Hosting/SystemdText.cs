using System.Buffers;
using QemuLab.Engine;

namespace QemuLab.Daemon;

/// <summary>
/// Texts as systemd reads them in a unit file: a percent sign begins a specifier everywhere, a dollar sign a variable in a
/// command's arguments, and a backslash an escape within quotes. See systemd.syntax(7), systemd.unit(5), systemd.service(5).
/// </summary>
internal static class SystemdText
{
    private static readonly SearchValues<char> Bare = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%$");

    /// <summary>A setting whose value is the rest of the line.</summary>
    public static string Line(string text) => Checked(text).Replace("%", "%%", StringComparison.Ordinal);

    /// <summary>A command's program: no variable stands for one, and systemd refuses quotes and backslashes in its path however they are written.</summary>
    /// <exception cref="QemuLabException">It has one.</exception>
    public static string Program(string path) => path.AsSpan().ContainsAny('"', '\'', '\\')
        ? throw new QemuLabException(ErrorKind.Usage, "path-unfit", $"systemd runs no program whose path has a quote or a backslash: {path}", "put qemulab into another folder")
        : Word(path);

    /// <summary>One of several words.</summary>
    public static string Word(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Bare)
        ? Line(text)
        : $"\"{Line(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>An argument of a command.</summary>
    public static string Argument(string text) => Word(text.Replace("$", "$$", StringComparison.Ordinal));

    /// <summary>The text of <see cref="Line"/> again.</summary>
    public static string FromLine(string line) => line.Trim().Replace("%%", "%", StringComparison.Ordinal);

    private static string Checked(string text) => text.Any(char.IsControl)
        ? throw new QemuLabException(ErrorKind.Usage, "path-unfit", $"no unit file can hold '{new string([.. text.Select(letter => char.IsControl(letter) ? '?' : letter)])}': it has a line break or another control character")
        : text;
}
