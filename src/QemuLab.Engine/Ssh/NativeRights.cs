using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace QemuLab.Engine.Ssh;

/// <summary>Hands open files to another process over a Unix socket (<c>SCM_RIGHTS</c>, unix(7)), which .NET's sockets do not offer.</summary>
internal static unsafe partial class NativeRights
{
    private const int Rights = 1;

    /// <summary>SOL_SOCKET.</summary>
    private static readonly int SocketLevel = OperatingSystem.IsLinux() ? 1 : 0xffff;

    /// <summary>Sends one open file, with one byte of zero to carry it.</summary>
    /// <exception cref="IOException">The other side has gone.</exception>
    public static void Send(Socket socket, SafeHandle file)
    {
        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            Send((int)socket.Handle, (int)file.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    private static void Send(int socket, int file)
    {
        // struct cmsghdr: its length is a size_t on Linux and a socklen_t on macOS; the file's number follows the three fields.
        byte* control = stackalloc byte[24];
        int fields = OperatingSystem.IsLinux() ? 16 : 12;
        *(long*)control = fields + sizeof(int);
        *(int*)(control + fields - 8) = SocketLevel;
        *(int*)(control + fields - 4) = Rights;
        *(int*)(control + fields) = file;

        byte carrier = 0;
        var part = new Part { Start = &carrier, Length = 1 };
        var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = OperatingSystem.IsLinux() ? 24u : 16u };
        while (SendMessage(socket, &message, 0) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Networks.NativeDatagram.Interrupted)
            {
                throw new IOException($"an open file cannot be handed over: {Marshal.GetPInvokeErrorMessage(error)}", new Win32Exception(error));
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>
    /// struct msghdr as Linux has it. On macOS the counts are half as wide and the flags follow the second of them at once: in
    /// little-endian, with the upper half zero, that is the same memory.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public ulong NameLength;
        public Part* Parts;
        public ulong PartCount;
        public void* Control;
        public ulong ControlLength;
        public ulong Flags;
    }
}
