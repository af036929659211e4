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
    /// <param name="tap">The interface.</param>
    /// <param name="mac">The machine's.</param>
    /// <param name="asUser">Asks for the tap as this user, without any rights; of this thread only.</param>
    public TapPort(string tap, MacAddress mac, uint? asUser = null)
    {
        Mac = mac;
        handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite);
        if (asUser is { } user)
        {
            nint setUsers = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;
            Check((int)SystemCall(setUsers, -1, (nint)user, -1));
        }

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
    public Task<bool> SeesAsync(string mark, int milliseconds = 2000) => SeesFirstAsync(mark, null, milliseconds);

    /// <summary>Whether a frame with this mark comes before the one with the other mark.</summary>
    public async Task<bool> SeesFirstAsync(string mark, string? other, int milliseconds = 5000)
    {
        byte[] buffer = new byte[2048];
        using var deadline = new CancellationTokenSource(milliseconds);
        while (!deadline.IsCancellationRequested)
        {
            nint read = Read(handle, buffer, (nuint)buffer.Length);
            if (read <= 0)
            {
                await Task.Delay(5);
                continue;
            }

            string frame = Encoding.Latin1.GetString(buffer, 0, (int)read);
            if (other is not null && frame.Contains(other, StringComparison.Ordinal))
            {
                return false;
            }

            if (frame.Contains(mark, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return other is null ? false : throw new TimeoutException($"neither '{mark}' nor '{other}' came");
    }

    public void Dispose() => handle.Dispose();

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new IOException($"tap: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>The C library's own function would change the user of all threads.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint real, nint effective, nint saved);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte[] buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, [Out] byte[] buffer, nuint count);
}
