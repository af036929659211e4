using System.Runtime.InteropServices;

namespace QemuLab.Output;

/// <summary>The system calls on terminals, pipes and whoever holds them that .NET does not offer.</summary>
internal static partial class NativeTerminal
{
    /// <summary>Larger than any system's <c>struct termios</c>, whose members only the C library looks at here.</summary>
    public const int AttributesSize = 256;

    /// <summary>TCSADRAIN: what was written is shown first; what was typed is not thrown away.</summary>
    public const int AfterOutput = 1;

    /// <summary>TIOCGWINSZ.</summary>
    private const nuint LinuxAskSize = 0x5413;

    private const short Error = 8, HungUp = 16, NotOpen = 32;

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    public static partial int GetAttributes(int file, Span<byte> attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    public static partial int SetAttributes(int file, int when, ReadOnlySpan<byte> attributes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    public static partial void MakeRaw(Span<byte> attributes);

    /// <summary>Whether whoever reads what we write has gone, as <c>head</c> does. .NET's console drops such output in silence.</summary>
    public static bool IsClosed(int file)
    {
        Span<PollEntry> one = [new PollEntry { File = file }];
        return Poll(one, 1, 0) > 0 && (one[0].Got & (Error | HungUp | NotOpen)) != 0;
    }

    /// <summary>Columns and rows of the terminal that output, messages or input is, on Linux; null where none is one, or it does not know.</summary>
    public static (int Columns, int Rows)? WindowSize()
    {
        foreach (int file in (int[])[1, 2, 0])
        {
            if (AskSize(file, LinuxAskSize, out Window window) == 0 && window is { Columns: > 0, Rows: > 0 })
            {
                return (window.Columns, window.Rows);
            }
        }

        return null;
    }

    /// <summary>With a fixed list of arguments, which is not how every system hands over those of a variable one: macOS does not.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int AskSize(int file, nuint request, out Window window);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Span<PollEntry> entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Window
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int File;
        public short Wanted;
        public short Got;
    }
}
