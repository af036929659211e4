using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Datagram calls without exceptions: a full or absent peer is an everyday answer here, and .NET's SendTo throws for it.
/// </summary>
internal static unsafe partial class NativeDatagram
{
    public const short Readable = 1;
    public const short Writable = 4;
    public const int Interrupted = 4;

    /// <summary>MSG_DONTWAIT.</summary>
    public static readonly int DoNotWait = OperatingSystem.IsLinux() ? 0x40 : 0x80;

    /// <summary>EAGAIN and ENOBUFS: the receiver's queue is full.</summary>
    public static bool IsFull(int error) => OperatingSystem.IsLinux() ? error is 11 or 105 : error is 35 or 55;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int File;
        public short Wanted;
        public short Got;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    public static partial nint SendTo(int socket, byte* buffer, nuint length, int flags, byte* address, uint addressLength);
}
