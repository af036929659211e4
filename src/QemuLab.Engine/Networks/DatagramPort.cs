using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>One port of the switch: the datagram socket that it has bound, and the path that its QEMU listens at.</summary>
internal sealed unsafe class DatagramPort : IDisposable
{
    /// <summary>Room for some bursts of 64 KiB frames; the kernel gives less where it is set to. macOS' own default holds one frame of 2 KiB.</summary>
    private const int BufferSize = 1 << 20;

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string path;
    private readonly byte[] peer;

    public DatagramPort(int number, string name, PortKind kind, string path, string peerPath)
    {
        (Number, Name, Kind, this.path) = (number, name, kind, path);
        SocketAddress address = new UnixDomainSocketEndPoint(peerPath).Serialize();
        peer = address.Buffer.Span[..address.Size].ToArray();
        File.Delete(path);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        TryEnlarge(SocketOptionName.SendBuffer);
        TryEnlarge(SocketOptionName.ReceiveBuffer);
        Handle = (int)socket.Handle;
    }

    public int Number { get; }

    public string Name { get; }

    public PortKind Kind { get; }

    public int Handle { get; }

    public PortCounters Counters { get; } = new();

    /// <summary>The next frame's length; 0 where none waits.</summary>
    public int Receive(byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length = NativeDatagram.Receive(Handle, start, (nuint)buffer.Length, NativeDatagram.DoNotWait);
            if (length <= 0)
            {
                return 0;
            }

            Counters.FramesIn++;
            Counters.BytesIn += length;
            return (int)length;
        }
    }

    /// <summary>Hands the frame to QEMU, or drops it where QEMU is not there or has enough waiting.</summary>
    public void Send(ReadOnlySpan<byte> frame)
    {
        if (TrySend(frame))
        {
            Counters.FramesOut++;
            Counters.BytesOut += frame.Length;
        }
        else
        {
            Counters.Drops++;
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        File.Delete(path);
    }

    private bool TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
        fixed (byte* address = peer)
        {
            while (NativeDatagram.SendTo(Handle, start, (nuint)frame.Length, NativeDatagram.DoNotWait, address, (uint)peer.Length) < 0)
            {
                if (Marshal.GetLastPInvokeError() != NativeDatagram.Interrupted)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private void TryEnlarge(SocketOptionName buffer)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, buffer, BufferSize);
        }
        catch (SocketException)
        {
            // The kernel's default then; frames of the usual 1500 bytes fit everywhere.
        }
    }
}
