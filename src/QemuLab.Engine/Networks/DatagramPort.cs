using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>One port of the switch: the datagram socket that it has bound, and the path that its QEMU listens at.</summary>
internal sealed unsafe class DatagramPort : IDisposable
{
    /// <summary>Room for some bursts of 64 KiB frames; the kernel gives less where it is set to. macOS' own default holds one frame of 2 KiB.</summary>
    private const int BufferSize = 1 << 20;

    /// <summary>
    /// What may wait for QEMU beyond the kernel's own queue, which holds ten frames (net.unix.max_dgram_qlen): a TCP window.
    /// Without it every burst loses frames, and TCP crawls.
    /// </summary>
    private const int WaitingSize = 512 * 1024;

    /// <summary>A QEMU that takes nothing for so long stands still: what waits for it is stale.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string path;
    private readonly byte[] peer;
    private readonly FrameQueue waiting = new(WaitingSize);
    private readonly TimeProvider time;
    private long lastTaken;

    public DatagramPort(int number, string name, PortKind kind, (string Own, string Peer) paths, TimeProvider time)
    {
        (Number, Name, Kind, path, this.time) = (number, name, kind, paths.Own, time);
        SocketAddress address = new UnixDomainSocketEndPoint(paths.Peer).Serialize();
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

    /// <summary>Whether frames wait that <see cref="Flush"/> should try again soon.</summary>
    public bool IsBehind => !waiting.IsEmpty;

    /// <summary>Hands the frame to QEMU, lets it wait a little, or drops it where QEMU is not there or has too much waiting.</summary>
    public void Send(ReadOnlySpan<byte> frame)
    {
        Outcome outcome = IsBehind ? Outcome.Full : TrySend(frame);
        if (outcome == Outcome.Full)
        {
            lastTaken = IsBehind ? lastTaken : time.GetTimestamp();
            outcome = waiting.TryAdd(frame) ? Outcome.Full : Outcome.Lost;
        }

        Counters.Drops += outcome == Outcome.Lost ? 1 : 0;
    }

    /// <summary>Hands over what waits, as far as QEMU takes it.</summary>
    public void Flush()
    {
        while (IsBehind)
        {
            switch (TrySend(waiting.First))
            {
                case Outcome.Sent:
                    lastTaken = time.GetTimestamp();
                    waiting.RemoveFirst();
                    break;
                case Outcome.Full when time.GetElapsedTime(lastTaken) < Patience:
                    return;
                default:
                    Counters.Drops++;
                    waiting.RemoveFirst();
                    break;
            }
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        File.Delete(path);
    }

    private enum Outcome
    {
        Sent,
        Full,
        Lost,
    }

    private Outcome TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
        fixed (byte* address = peer)
        {
            while (NativeDatagram.SendTo(Handle, start, (nuint)frame.Length, NativeDatagram.DoNotWait, address, (uint)peer.Length) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != NativeDatagram.Interrupted)
                {
                    return NativeDatagram.IsFull(error) ? Outcome.Full : Outcome.Lost;
                }
            }
        }

        Counters.FramesOut++;
        Counters.BytesOut += frame.Length;
        return Outcome.Sent;
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
