using System.Net.Sockets;
using System.Text.Json;
using QemuLab.Engine.Networks.Balancing;

namespace QemuLab.Engine.Networks;

/// <summary>Asks a running switch by its control socket; a connection per request.</summary>
public sealed class SwitchClient(NetworkPaths paths)
{
    /// <summary>The code of what fails because no switch answers.</summary>
    public const string Unreachable = "switch-unreachable";

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(3);

    /// <summary>Version and pid; null where no switch answers.</summary>
    public async Task<SwitchAnswer?> FindAsync(CancellationToken cancellation = default)
    {
        try
        {
            return await AskAsync(new SwitchRequest("version"), cancellation);
        }
        catch (QemuLabException)
        {
            return null;
        }
    }

    public Task AddPortAsync(string port, CancellationToken cancellation = default) => AskAsync(new SwitchRequest("add-port", port), cancellation);

    public Task RemovePortAsync(string port, CancellationToken cancellation = default) => AskAsync(new SwitchRequest("remove-port", port), cancellation);

    /// <summary>Tells the switch of its network; it keeps it over a restart.</summary>
    public Task ConfigureAsync(SwitchConfiguration configuration, CancellationToken cancellation = default) =>
        AskAsync(new SwitchRequest("configure") { Configuration = configuration }, cancellation);

    /// <summary>Makes links worse, all others good; the switch keeps it over a restart.</summary>
    public Task ImpairAsync(NetworkImpairments impairments, CancellationToken cancellation = default) =>
        AskAsync(new SwitchRequest("impair") { Impairments = impairments }, cancellation);

    /// <summary>Lets the switch serve these host ports and no others; it keeps them over a restart.</summary>
    /// <returns>Those that somebody else has.</returns>
    public async Task<IReadOnlyList<PublishedPort>> PublishAsync(IReadOnlyList<PublishedPort> ports, CancellationToken cancellation = default) =>
        (await AskAsync(new SwitchRequest("publish") { Published = ports }, cancellation)).Refused ?? [];

    public async Task<IReadOnlyList<SwitchPortStatus>> ListAsync(CancellationToken cancellation = default) =>
        (await AskAsync(new SwitchRequest("list"), cancellation)).Ports ?? [];

    public Task QuitAsync(CancellationToken cancellation = default) => AskAsync(new SwitchRequest("quit"), cancellation);

    private async Task<SwitchAnswer> AskAsync(SwitchRequest request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeLimit);
        try
        {
            SwitchAnswer answer = await ExchangeAsync(request, limit.Token);
            return answer.Error is null ? answer : throw Failure("switch-refused", $"the switch refused {request.Command}: {answer.Error}");
        }
        catch (Exception cause) when (cause is SocketException or IOException or JsonException)
        {
            throw Failure(Unreachable, $"no switch answers at {paths.SwitchControl}", cause);
        }
        catch (OperationCanceledException cause) when (!cancellation.IsCancellationRequested)
        {
            throw Failure(Unreachable, $"the switch at {paths.SwitchControl} did not answer within {TimeLimit.TotalSeconds:0} s", cause);
        }
    }

    private async Task<SwitchAnswer> ExchangeAsync(SwitchRequest request, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.SwitchControl), cancellation);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(request, SwitchJson.Default.SwitchRequest), cancellation);
        await stream.WriteAsync("\n"u8.ToArray(), cancellation);
        using var reader = new StreamReader(stream);
        string line = await reader.ReadLineAsync(cancellation) ?? throw new EndOfStreamException();
        return JsonSerializer.Deserialize(line, SwitchJson.Default.SwitchAnswer) ?? throw new JsonException();
    }

    private static QemuLabException Failure(string code, string message, Exception? cause = null) => new(ErrorKind.Failed, code, message, cause: cause);
}
