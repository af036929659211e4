using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Engine;

namespace QemuLab.Api;

/// <summary>The daemon's answer; an error status has already been thrown.</summary>
internal sealed class DaemonResponse : IDisposable
{
    private readonly Socket socket;
    private readonly Stream body;

    private DaemonResponse(Socket socket, AnswerHead head) => (this.socket, body, Build) = (socket, head.Body, head.Build);

    /// <summary>Of the daemon; only what asks who answers is told, and only by daemons that know to tell.</summary>
    public string? Build { get; }

    /// <exception cref="QemuLabException">The daemon said no, in its own words.</exception>
    /// <exception cref="DaemonBugException">The daemon met a bug.</exception>
    public static DaemonResponse Receive(Socket socket)
    {
        AnswerHead head = HttpWire.ReadHead(new BufferedStream(new NetworkStream(socket, ownsSocket: false), 16 * 1024));
        if (head.Status < 400)
        {
            return new DaemonResponse(socket, head);
        }

        using var reader = new StreamReader(head.Body, Encoding.UTF8);
        throw ProblemOf(head.Status, reader.ReadToEnd()).ToException();
    }

    public T Read<T>(JsonTypeInfo<T> type) => Parse(Read(), type);

    /// <summary>The whole body.</summary>
    public ReadOnlyMemory<byte> Read()
    {
        using var memory = new MemoryStream();
        body.CopyTo(memory);
        return memory.GetBuffer().AsMemory(0, (int)memory.Length);
    }

    public static T Parse<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json.Span, type) ?? throw new DaemonBugException("the daemon answered null");

    /// <summary>The body's lines as they come; ends with the body, or where the connection is closed from another thread.</summary>
    public IEnumerable<string> Lines()
    {
        using var reader = new StreamReader(body, Encoding.UTF8);
        while (NextLine(reader) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>The body's bytes as they come; 0 at its end, or where the connection is closed from another thread.</summary>
    public int Read(Span<byte> buffer)
    {
        try
        {
            return body.Read(buffer);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            return 0;
        }
    }

    public void Dispose() => socket.Dispose();

    private static string? NextLine(StreamReader reader)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // The daemon has gone, or we closed the connection; whoever needs an outcome misses its line.
            return null;
        }
    }

    private static ProblemView ProblemOf(int status, string body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Default.ProblemView)!;
        }
        catch (JsonException)
        {
            return new ProblemView("an answer that is no problem", status, $"the daemon answered {status}", ProblemView.BugCode, null, null, null);
        }
    }
}
