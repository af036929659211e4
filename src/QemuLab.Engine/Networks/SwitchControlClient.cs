using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>One connection to the control socket, and the piece of a line that has come so far.</summary>
internal sealed class SwitchControlClient : IDisposable
{
    private const int LongestLine = 4096;

    private readonly Socket socket;
    private readonly byte[] received = new byte[LongestLine];
    private int length;

    public SwitchControlClient(Socket socket)
    {
        this.socket = socket;
        socket.Blocking = false;
        Handle = (int)socket.Handle;
    }

    public int Handle { get; }

    /// <summary>Takes what has come; false at the end, and for a line that has no end.</summary>
    public bool Receive()
    {
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

    public void Dispose() => socket.Dispose();
}
