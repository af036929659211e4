using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// A command over the connection that OpenSSH's client keeps open to a machine, asked for as another client of OpenSSH's would
/// (its <c>PROTOCOL.mux</c>, version 4): the master is handed the open files of the command's standard input, output and error,
/// and tells its exit code. No program is started for it.
/// </summary>
public sealed class MuxSession : IDisposable
{
    private const uint Version = 4;
    private const uint Request = 1;

    /// <summary>An answer's length in bytes; what it tells is a number or a sentence.</summary>
    private const int LongestAnswer = 64 * 1024;

    private readonly Socket master;
    private readonly byte[] header = new byte[4];

    private MuxSession(Socket master) => this.master = master;

    /// <summary>The kinds of messages, of which those with the highest bit come from the master.</summary>
    private enum Kind : uint
    {
        Hello = 1,
        NewSession = 0x10000002,
        SessionOpened = 0x80000006,
        ExitMessage = 0x80000004,
    }

    /// <summary>Runs a line of the remote shell. Null: there is no master, or it opens no further session, and nothing was begun.</summary>
    /// <param name="controlPath">The master's socket.</param>
    /// <param name="line">What the remote shell is given.</param>
    /// <param name="input">The command's standard input; the master takes a copy of this and of the others, and they may be closed then.</param>
    /// <param name="output">Its standard output.</param>
    /// <param name="error">Its standard error.</param>
    public static MuxSession? Open(string controlPath, string line, SafeHandle input, SafeHandle output, SafeHandle error)
    {
        var session = new MuxSession(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        try
        {
            session.master.Connect(new UnixDomainSocketEndPoint(controlPath));
            session.Greet();
            session.Ask(line, [input, output, error]);
        }
        catch (Exception absent) when (absent is IOException or SocketException)
        {
            session.Dispose();
            return null;
        }

        if (session.IsRefused())
        {
            session.Dispose();
            return null;
        }

        return session;
    }

    /// <summary>Waits until the command has ended and all that it wrote has been written here.</summary>
    /// <returns>Its exit code; null where a signal has ended it there, or the connection has ended.</returns>
    public int? Wait()
    {
        int? code = null;
        try
        {
            // The master closes the session last of all.
            while (Receive() is { } message)
            {
                code = KindOf(message) == Kind.ExitMessage ? (int)Number(message, 2) : code;
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or ObjectDisposedException)
        {
            // It was ended here, or its master was killed.
        }

        return code;
    }

    /// <summary>Ends the session if it goes on: the command has no input then, and nobody who reads what it writes.</summary>
    public void Dispose() => master.Dispose();

    private void Greet()
    {
        SendFramed(Words((uint)Kind.Hello, Version));
        if (Receive() is not { } hello || KindOf(hello) != Kind.Hello || Number(hello, 1) != Version)
        {
            throw new IOException("who listens speaks no version of the protocol that is known here");
        }
    }

    /// <summary>Before the last of the files has come, the master does nothing: what fails here has begun nothing.</summary>
    private void Ask(string line, SafeHandle[] files)
    {
        // No terminal, no X11, no agent, no subsystem, no escape character; no terminal's name, then the line, and no variables.
        byte[] command = Encoding.UTF8.GetBytes(line);
        SendFramed([.. Words((uint)Kind.NewSession, Request, 0, 0, 0, 0, 0, uint.MaxValue, 0, (uint)command.Length), .. command]);
        Array.ForEach(files, file => NativeRights.Send(master, file));
    }

    /// <summary>Whether the master says that there is no session. One that goes without a word may have begun it: that is found by <see cref="Wait"/>.</summary>
    private bool IsRefused()
    {
        try
        {
            return Receive() is { } answer && KindOf(answer) != Kind.SessionOpened;
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            return false;
        }
    }

    private void SendFramed(byte[] message)
    {
        byte[] framed = [.. Words((uint)message.Length), .. message];
        for (int sent = 0; sent < framed.Length;)
        {
            sent += master.Send(framed, sent, framed.Length - sent, SocketFlags.None);
        }
    }

    /// <summary>The next message; null where the master has closed the session.</summary>
    private byte[]? Receive()
    {
        if (!Fill(header))
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length is < 4 or > LongestAnswer)
        {
            throw new IOException($"an answer of {length} bytes is none of the protocol's");
        }

        byte[] message = new byte[length];
        return Fill(message) ? message : null;
    }

    /// <summary>False where it ends before. No exception for that: each session ends so, and one takes some milliseconds of a short command.</summary>
    private bool Fill(byte[] buffer)
    {
        for (int filled = 0; filled < buffer.Length;)
        {
            int count = master.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None);
            if (count == 0)
            {
                return false;
            }

            filled += count;
        }

        return true;
    }

    private static Kind KindOf(byte[] message) => (Kind)BinaryPrimitives.ReadUInt32BigEndian(message);

    private static uint Number(byte[] message, int index) =>
        message.Length >= 4 * (index + 1) ? BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(4 * index)) : throw new IOException("an answer is too short");

    private static byte[] Words(params ReadOnlySpan<uint> words)
    {
        byte[] bytes = new byte[4 * words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        }

        return bytes;
    }
}
