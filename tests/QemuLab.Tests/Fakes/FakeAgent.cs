using System.Net.Sockets;
using System.Text.Json;
using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Fakes;

/// <summary>A guest agent on a real Unix socket, one connection after the other: it freezes and thaws, and can be told to misbehave.</summary>
/// <remarks>Of what it is asked it writes all but the handshakes into a journal, which may be its machine's.</remarks>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly IList<string> journal;
    private readonly Task serving;

    public FakeAgent(IList<string> journal)
    {
        this.journal = journal;
        listener.Bind(new UnixDomainSocketEndPoint(directory.File("agent")));
        listener.Listen();
        Client = new GuestAgent(directory.File("agent"));
        serving = ServeAsync();
    }

    /// <summary>The host's side of it.</summary>
    public GuestAgent Client { get; }

    /// <summary>Whether the guest's file systems are held.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Its answers to some commands, as JSON; null hangs up.</summary>
    public Dictionary<string, string?> Answers { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await serving.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        directory.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using Socket socket = await listener.AcceptAsync(stop.Token);
            await using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(stop.Token) is { } line)
            {
                using JsonDocument request = JsonDocument.Parse(line.TrimStart('\uFFFD'));
                string command = request.RootElement.GetProperty("execute").GetString()!;
                if (Answer(command, request.RootElement) is not { } answer)
                {
                    break;
                }

                await stream.WriteAsync((byte[])[.. command == "guest-sync-delimited" ? [0xFF] : Array.Empty<byte>(), .. System.Text.Encoding.UTF8.GetBytes(answer), (byte)'\n'], stop.Token);
            }
        }
    }

    private string? Answer(string command, JsonElement request)
    {
        if (command == "guest-sync-delimited")
        {
            return $$"""{"return": {{request.GetProperty("arguments").GetProperty("id")}}}""";
        }

        journal.Add(command);
        if (Answers.TryGetValue(command, out string? answer))
        {
            return answer;
        }

        bool was = IsFrozen;
        IsFrozen = command == "guest-fsfreeze-freeze";
        return $$"""{"return": {{(IsFrozen || was ? 2 : 0)}}}""";
    }
}
