using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>The system calls on files that .NET does not offer: opening a folder, to flush it.</summary>
internal static partial class NativeFile
{
    public const int ReadOnly = 0;

    /// <summary>open(2) is variadic; without a mode it can be called through this fixed signature on every platform.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);
}
