using System.Buffers;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Quotes arguments for the POSIX shell at the other end: ssh has no way to hand over a list, it joins its arguments with
/// spaces and the guest's login shell takes them apart again.
/// </summary>
internal static class RemoteShell
{
    // No '=': `A=b` as the first word would be an assignment instead of a command.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@%");

    public static string Join(IReadOnlyList<string> arguments) => string.Join(' ', arguments.Select(Quote));

    private static string Quote(string argument) =>
        argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(Plain)
            ? argument
            : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
