using System.Runtime.InteropServices;

namespace QemuLab.Output;

/// <summary>The system calls on terminals, pipes and whoever holds them that .NET does not offer.</summary>
internal static partial class NativeTerminal
{
    /// <summary>Larger than any system's <c>struct termios</c>, whose members only the C library looks at here.</summary>
    public const int AttributesSize = 256;

    /// <summary>TCSADRAIN: what was written is shown first; what was typed is not thrown away.</summary>
    public const int AfterOutput = 1;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    private const short Error = 8, HungUp = 16, NotOpen = 32;

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    public static partial int GetAttributes(int file, Span<byte> attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    public static partial int SetAttributes(int file, int when, ReadOnlySpan<byte> attributes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    public static partial void MakeRaw(Span<byte> attributes);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    /// <summary>Whether whoever reads what we write has gone, as <c>head</c> does. .NET's console drops such output in silence.</summary>
    public static bool IsClosed(int file)
    {
        Span<PollEntry> one = [new PollEntry { File = file }];
        return Poll(one, 1, 0) > 0 && (one[0].Got & (Error | HungUp | NotOpen)) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Span<PollEntry> entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int File;
        public short Wanted;
        public short Got;
    }
}
