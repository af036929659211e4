using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;

namespace QemuLab.Engine.Qmp;

/// <summary>A connection to one QEMU's QMP socket: commands with answers, and the events between them.</summary>
public sealed class QmpClient : IAsyncDisposable
{
    /// <summary>What leaves the greeting mode.</summary>
    private const string Negotiation = "qmp_capabilities";

    private static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromSeconds(10);

    private readonly string socketPath;
    private readonly NetworkStream stream;
    private readonly LineStream lines;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<long, PendingCommand> pending = new();
    private readonly Channel<QmpEvent> events = Channel.CreateUnbounded<QmpEvent>(new() { SingleWriter = true });
    private readonly TaskCompletionSource greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long lastId;
    private volatile Ending? ending;

    private QmpClient(string socketPath, Socket socket)
    {
        this.socketPath = socketPath;
        stream = new NetworkStream(socket, ownsSocket: true);
        lines = new LineStream(stream);
        _ = ReadLoopAsync();
    }

    private sealed record Ending(string Why, Exception? Cause);

    /// <summary>
    /// What QEMU reported, in order, from the moment of connecting on; completed when the connection ends. There is one
    /// queue: with two readers each event goes to one of them.
    /// </summary>
    public IAsyncEnumerable<QmpEvent> Events => events.Reader.ReadAllAsync();

    /// <summary>Completes when the connection has ended, from whichever side; never fails.</summary>
    public Task Closed => closed.Task;

    /// <summary>Connects and leaves the greeting mode.</summary>
    /// <exception cref="QemuLabException">Nobody listens (code <c>qmp-unreachable</c>), or there is no greeting in time.</exception>
    public static async Task<QmpClient> ConnectAsync(string socketPath, TimeSpan timeLimit, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeLimit);
        QmpClient? client = null;
        try
        {
            client = new QmpClient(socketPath, await QmpSocket.OpenAsync(socketPath, limit.Token));

            // Not one after the other: QEMU takes what is sent before its greeting once it has greeted.
            await Task.WhenAll(client.greeted.Task.WaitAsync(limit.Token), client.ExecuteAsync(Negotiation, null, Timeout.InfiniteTimeSpan, limit.Token));
            return client;
        }
        catch (Exception cause)
        {
            await (client?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (cause is OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                throw client is { greeted.Task.IsCompletedSuccessfully: true } ? QmpFailure.NoAnswer(socketPath, Negotiation, timeLimit) : QmpFailure.NoGreeting(socketPath, timeLimit);
            }

            throw;
        }
    }

    /// <summary>Sends a command and waits for its answer. Callers may overlap.</summary>
    /// <param name="command">Such as <c>query-status</c>.</param>
    /// <param name="arguments">Writes the members of the <c>arguments</c> object; null: no arguments.</param>
    /// <param name="timeLimit">10 s unless given.</param>
    /// <param name="cancellation">Stops the waiting; QEMU may carry the command out nevertheless.</param>
    /// <returns>The answer's <c>return</c> value.</returns>
    /// <exception cref="QmpErrorException">QEMU refused it.</exception>
    /// <exception cref="QemuLabException">No answer in time, or the connection ended (code <c>qmp-closed</c>).</exception>
    public async Task<JsonElement> ExecuteAsync(
        string command, Action<Utf8JsonWriter>? arguments = null, TimeSpan? timeLimit = null, CancellationToken cancellation = default)
    {
        TimeSpan allowed = timeLimit ?? DefaultTimeLimit;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(allowed);
        long id = Interlocked.Increment(ref lastId);
        var answer = new PendingCommand(command);
        pending[id] = answer;
        try
        {
            // Asked after the entry is there: whoever ends the connection either is seen here or sees the entry.
            if (ending is not null)
            {
                throw Ended();
            }

            await SendAsync(QmpRequest.Line(command, id, arguments), limit.Token).WaitAsync(limit.Token);
            return await answer.Completion.Task.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw QmpFailure.NoAnswer(socketPath, command, allowed);
        }
        finally
        {
            pending.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        ending ??= new Ending("was closed by us", null);
        await stream.DisposeAsync();
        await Closed;
    }

    /// <summary>Runs until the connection ends; whoever still waits for an answer is then told why.</summary>
    private async Task ReadLoopAsync()
    {
        try
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                if (line.Length > 0)
                {
                    Dispatch(QmpMessage.Parse(line));
                }
            }

            ending ??= new Ending("has ended", null);
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            ending ??= new Ending("has ended", cause);
        }
        catch (Exception cause) when (cause is JsonException or InvalidDataException)
        {
            // After one line that is not JSON no later answer can be trusted to belong to its command.
            ending ??= new Ending("was given up because QEMU sent what is not QMP: " + cause.Message, cause);
        }
        finally
        {
            await stream.DisposeAsync();
            Finish();
        }
    }

    private void Dispatch(QmpMessage message)
    {
        switch (message)
        {
            case QmpMessage.Greeting:
                greeted.TrySetResult();
                break;
            case QmpMessage.Event(var value):
                events.Writer.TryWrite(value);
                break;
            case QmpMessage.Return(var id, var value) when pending.TryGetValue(id, out PendingCommand? command):
                command.Completion.TrySetResult(value);
                break;
            case QmpMessage.Error(var id, var errorClass, var description) when pending.TryGetValue(id, out PendingCommand? command):
                command.Completion.TrySetException(new QmpErrorException(command.Name, errorClass, description));
                break;
        }
    }

    private void Finish()
    {
        ending ??= new Ending("has ended", null);
        greeted.TrySetException(Ended());
        foreach (PendingCommand command in pending.Values)
        {
            command.Completion.TrySetException(Ended());
        }

        events.Writer.TryComplete();
        closed.TrySetResult();
    }

    /// <summary>Once begun, a line is written whole: half a command would garble every later one.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> line, CancellationToken beforeItBegins)
    {
        await writing.WaitAsync(beforeItBegins);
        try
        {
            await stream.WriteAsync(line, CancellationToken.None);
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            ending ??= new Ending("has ended", cause);
            throw Ended();
        }
        finally
        {
            writing.Release();
        }
    }

    private QemuLabException Ended() => QmpFailure.Closed(socketPath, ending!.Why, ending.Cause);
}
