using System.Net.Sockets;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>One connection to the control socket, and the piece of a line that has come so far.</summary>
internal sealed class SwitchControlClient : IDisposable
{
    private const int UsualLine = 4096;

    /// <summary>Some thousands of machines and records.</summary>
    private const int LongestLine = 1 << 20;

    private readonly Socket socket;
    private byte[] received = new byte[UsualLine];
    private int length;

    public SwitchControlClient(Socket socket)
    {
        this.socket = socket;
        socket.Blocking = false;
        Handle = (int)socket.Handle;
    }

    public int Handle { get; }

    /// <summary>Set once the client has asked for frames instead of answers.</summary>
    public SwitchCapture? Capture { get; set; }

    /// <summary>What poll(2) shall wait for: a line, the end of a capture, or room for more of it.</summary>
    public short Wanted => Capture switch
    {
        { IsEnded: true } => NativeDatagram.Writable,
        { Buffer.Waiting.IsEmpty: false } => NativeDatagram.Readable | NativeDatagram.Writable,
        _ => NativeDatagram.Readable,
    };

    /// <summary>Takes what has come; false at the end, and for a line that has no end.</summary>
    public bool Receive()
    {
        if (length == received.Length && length < LongestLine)
        {
            Array.Resize(ref received, 4 * length);
        }

        int count = socket.Receive(received.AsSpan(length), SocketFlags.None, out SocketError error);
        length += count;
        return error == SocketError.WouldBlock || (error == SocketError.Success && count > 0);
    }

    public byte[]? NextLine()
    {
        int newline = received.AsSpan(0, length).IndexOf((byte)'\n');
        if (newline < 0)
        {
            return null;
        }

        byte[] line = received[..newline];
        received.AsSpan(newline + 1, length - newline - 1).CopyTo(received);
        length -= newline + 1;
        return line;
    }

    /// <summary>False where the client does not take it at once: it has stopped reading.</summary>
    public bool Send(byte[] line)
    {
        byte[] whole = [.. line, (byte)'\n'];
        return socket.Send(whole, SocketFlags.None, out SocketError error) == whole.Length && error == SocketError.Success;
    }

    /// <summary>Hands on what was captured, as far as the client takes it; false when all is done or the client has gone.</summary>
    public bool ServeCapture()
    {
        CaptureBuffer buffer = Capture!.Buffer;
        if (!Capture.IsEnded)
        {
            // A client that closes its side wants no more frames, but those that were captured until now.
            length = 0;
            if (!Receive())
            {
                Capture.End();
            }
        }

        while (!buffer.Waiting.IsEmpty)
        {
            int sent = socket.Send(buffer.Waiting, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
            {
                return error == SocketError.WouldBlock;
            }

            buffer.Remove(sent);
        }

        return !Capture.IsEnded;
    }

    public void Dispose() => socket.Dispose();
}
