using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Plays a machine's QEMU: holds the tap open, sends frames and sees what comes.</summary>
internal sealed partial class TapPort : IDisposable
{
    private readonly SafeFileHandle handle;

    /// <remarks>To be called within the tap's namespace.</remarks>
    public TapPort(string tap, MacAddress mac)
    {
        Mac = mac;
        handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite);
        const short tapWithoutHeader = 0x0002 | 0x1000;
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(tap).CopyTo(request, 0);
        BitConverter.TryWriteBytes(request.AsSpan(16), tapWithoutHeader);
        const nuint setInterface = 0x400454ca, nonBlocking = 0x800;
        Check(Control(handle, setInterface, request));
        const int setFlags = 4;
        Check(FileControl(handle, setFlags, (nint)nonBlocking));
    }

    public MacAddress Mac { get; }

    public void Send(byte[] frame) => Check((int)Write(handle, frame, (nuint)frame.Length));

    /// <summary>Whether a frame with this mark comes; every other one is passed over.</summary>
    public async Task<bool> SeesAsync(string mark, int milliseconds = 2000)
    {
        byte[] wanted = Encoding.ASCII.GetBytes(mark);
        byte[] buffer = new byte[2048];
        using var deadline = new CancellationTokenSource(milliseconds);
        while (!deadline.IsCancellationRequested)
        {
            nint read = Read(handle, buffer, (nuint)buffer.Length);
            if (read > 0 && buffer.AsSpan(0, (int)read).IndexOf(wanted) >= 0)
            {
                return true;
            }

            if (read <= 0)
            {
                await Task.Delay(5);
            }
        }

        return false;
    }

    public void Dispose() => handle.Dispose();

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new IOException($"tap: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte[] buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, [Out] byte[] buffer, nuint count);
}
