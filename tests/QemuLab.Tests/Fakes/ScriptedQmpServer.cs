using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace QemuLab.Tests.Fakes;

/// <summary>QEMU's side of one QMP connection, on a real Unix socket, played by a script.</summary>
internal sealed class ScriptedQmpServer : IAsyncDisposable
{
    public const string Greeting = """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}""";

    private readonly TemporaryDirectory directory = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly Task playing;

    /// <param name="script">Runs once a client has connected; the connection ends with it.</param>
    public ScriptedQmpServer(Func<Peer, Task> script)
    {
        SocketPath = directory.File("qmp");
        listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        listener.Listen();
        playing = PlayAsync(script);
    }

    public string SocketPath { get; }

    /// <summary>A server that greets, takes qmp_capabilities and then follows the script.</summary>
    public static ScriptedQmpServer Greeted(Func<Peer, Task> script) => new(async peer =>
    {
        await peer.SendAsync(Greeting + "\r\n");
        await peer.AnswerAsync(await peer.ReadAsync(), "{}");
        await script(peer);
    });

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await playing.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        directory.Dispose();
    }

    private async Task PlayAsync(Func<Peer, Task> script)
    {
        using Socket socket = await listener.AcceptAsync(stop.Token);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await script(new Peer(stream, reader, stop.Token));
    }

    internal sealed record Peer(Stream Stream, StreamReader Reader, CancellationToken Stopped)
    {
        public async Task SendAsync(string text) => await Stream.WriteAsync(Encoding.UTF8.GetBytes(text), Stopped);

        /// <summary>The client's next command.</summary>
        public async Task<JsonElement> ReadAsync()
        {
            string line = await Reader.ReadLineAsync(Stopped) ?? throw new EndOfStreamException();
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }

        public Task AnswerAsync(JsonElement command, string value) =>
            SendAsync($$"""{"return": {{value}}, "id": {{command.GetProperty("id")}} }""" + "\r\n");

        public Task SilenceAsync() => Task.Delay(Timeout.Infinite, Stopped);
    }
}
