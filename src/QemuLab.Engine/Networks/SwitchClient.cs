using System.Net.Sockets;
using System.Text.Json;
using QemuLab.Engine.Networks.Balancing;

namespace QemuLab.Engine.Networks;

/// <summary>Asks a running switch by its control socket; a connection for each call.</summary>
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

    public Task AddPortAsync(string port, CancellationToken cancellation = default) => AddPortsAsync([port], cancellation);

    public Task AddPortsAsync(IReadOnlyList<string> ports, CancellationToken cancellation = default) => AskAsync([.. ports.Select(port => new SwitchRequest("add-port", port))], cancellation);

    public Task RemovePortsAsync(IReadOnlyList<string> ports, CancellationToken cancellation = default) => AskAsync([.. ports.Select(port => new SwitchRequest("remove-port", port))], cancellation);

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

    private async Task<SwitchAnswer> AskAsync(SwitchRequest request, CancellationToken cancellation) => (await AskAsync([request], cancellation))[0];

    /// <summary>Several requests over one connection; after one that is refused come no more.</summary>
    private async Task<IReadOnlyList<SwitchAnswer>> AskAsync(IReadOnlyList<SwitchRequest> requests, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeLimit);
        try
        {
            return await ExchangeAsync(requests, limit.Token);
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

    private async Task<IReadOnlyList<SwitchAnswer>> ExchangeAsync(IReadOnlyList<SwitchRequest> requests, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.SwitchControl), cancellation);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        var answers = new List<SwitchAnswer>(requests.Count);
        foreach (SwitchRequest request in requests)
        {
            await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(request, SwitchJson.Default.SwitchRequest), (byte)'\n'], cancellation);
            string line = await reader.ReadLineAsync(cancellation) ?? throw new EndOfStreamException();
            SwitchAnswer answer = JsonSerializer.Deserialize(line, SwitchJson.Default.SwitchAnswer) ?? throw new JsonException();
            answers.Add(answer.Error is null ? answer : throw Failure("switch-refused", $"the switch refused {request.Command}: {answer.Error}"));
        }

        return answers;
    }

    private static QemuLabException Failure(string code, string message, Exception? cause = null) => new(ErrorKind.Failed, code, message, cause: cause);
}
