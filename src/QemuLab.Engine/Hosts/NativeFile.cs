using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>The system calls on files that .NET does not offer: opening a folder, to flush it; opening a device; a second name for a file; inode and change time.</summary>
internal static partial class NativeFile
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;

    /// <summary>errno values that Linux and macOS share.</summary>
    public const int NoEntry = 2, Exists = 17, NoDevice = 19, NoSpace = 28;

    /// <summary>AT_FDCWD and STATX_BASIC_STATS of Linux.</summary>
    public const int CurrentFolder = -100, BasicStatus = 0x7ff;

    /// <summary>open(2) is variadic; without a mode it can be called through this fixed signature on every platform.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string path);

    /// <summary>Linux only.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(int folder, string path, int flags, uint mask, Span<byte> status);
}
