using System.Net.Sockets;
using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>
/// The QEMU guest agent inside of a machine, by the host's end of its port. Each command has a connection of its own, so that what a
/// guest that came and went has left unread in the port is nobody's answer.
/// </summary>
/// <param name="socketPath">The port's socket; QEMU serves one connection at a time.</param>
public sealed class GuestAgent(string socketPath)
{
    /// <summary>A guest under emulation that is short of CPU; no command here waits for anything in the guest.</summary>
    private static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private const byte Delimiter = 0xFF;

    private const int LongestAnswer = 1024 * 1024;

    private long lastSync;

    /// <summary>Sends a command and waits for its answer. Callers may overlap: QEMU takes one after the other.</summary>
    /// <param name="command">Such as <c>guest-set-time</c>.</param>
    /// <param name="arguments">Writes the members of the <c>arguments</c> object; null: no arguments.</param>
    /// <param name="timeLimit">For all of it; 10 s unless given.</param>
    /// <param name="cancellation">Stops the waiting; the guest may carry the command out nevertheless.</param>
    /// <exception cref="QemuLabException">No agent answers in time (code <c>agent-silent</c>), or it refuses the command (<c>agent-refused</c>).</exception>
    public async Task<JsonElement> ExecuteAsync(string command, Action<Utf8JsonWriter>? arguments = null, TimeSpan? timeLimit = null, CancellationToken cancellation = default)
    {
        JsonElement answer = await TalkAsync(command, arguments, timeLimit, async lines => Parse(await NextAsync(lines)), cancellation);
        return answer.TryGetProperty("return", out JsonElement value)
            ? value
            : throw new QemuLabException(ErrorKind.Failed, "agent-refused", $"the guest agent refused {command}: {(answer.TryGetProperty("error", out JsonElement error) ? error.GetProperty("desc").GetString() : answer.GetRawText())}");
    }

    /// <summary>Sends a command that has no answer where it succeeds, such as <c>guest-shutdown</c>.</summary>
    /// <inheritdoc cref="ExecuteAsync"/>
    public Task SendAsync(string command, TimeSpan? timeLimit = null, CancellationToken cancellation = default) =>
        TalkAsync(command, null, timeLimit, LingerAsync, cancellation);

    private async Task<JsonElement> TalkAsync(string command, Action<Utf8JsonWriter>? arguments, TimeSpan? timeLimit, Func<LineStream, Task<JsonElement>> answer, CancellationToken cancellation)
    {
        TimeSpan allowed = timeLimit ?? DefaultTimeLimit;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(allowed);
        try
        {
            using Socket socket = await QmpSocket.OpenAsync(socketPath, limit.Token);
            using CancellationTokenRegistration hangUp = limit.Token.Register(socket.Dispose);
            await using var stream = new NetworkStream(socket);
            var lines = new LineStream(stream, LongestAnswer);
            await SynchronizeAsync(stream, lines, limit.Token);
            await stream.WriteAsync(QmpRequest.Line(command, null, arguments), limit.Token);
            return await answer(lines);
        }
        catch (Exception cause) when (cause is OperationCanceledException or IOException or ObjectDisposedException or InvalidDataException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new QemuLabException(ErrorKind.TimedOut, "agent-silent", $"the guest agent did not answer {command} within {allowed.TotalSeconds:0} s", "does qemu-guest-agent run in the guest?", cause);
        }
    }

    /// <summary>QEMU drops what it has not read yet of a connection that has ended.</summary>
    private static async Task<JsonElement> LingerAsync(LineStream lines)
    {
        await ((Task)NextAsync(lines)).WaitAsync(Linger).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return default;
    }

    /// <summary>The delimiter makes the agent forget half a command, and marks where its answers to us begin.</summary>
    private async Task SynchronizeAsync(NetworkStream stream, LineStream lines, CancellationToken cancellation)
    {
        long sync = Interlocked.Increment(ref lastSync);
        ReadOnlyMemory<byte> request = QmpRequest.Line("guest-sync-delimited", null, writer => writer.WriteNumber("id", sync));
        await stream.WriteAsync((byte[])[Delimiter, .. request.Span], cancellation);
        while (true)
        {
            ReadOnlyMemory<byte> line = await NextAsync(lines);
            int delimiter = line.Span.LastIndexOf(Delimiter);
            if (delimiter >= 0 && Parse(line[(delimiter + 1)..]).TryGetProperty("return", out JsonElement echoed) && echoed.TryGetInt64(out long id) && id == sync)
            {
                return;
            }
        }
    }

    private static async Task<ReadOnlyMemory<byte>> NextAsync(LineStream lines) => await lines.ReadLineAsync() ?? throw new EndOfStreamException();

    private static JsonElement Parse(ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
