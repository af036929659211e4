using System.Text;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The helper's own side: runs the few programs that change this host's network, for a daemon that may not. It holds the
/// capabilities of <see cref="SudoersRule"/> and nothing else of root's, and runs as the daemon's user.
/// </summary>
/// <param name="runner">Starts the programs.</param>
public sealed class NetworkHelperServer(ICommandRunner runner)
{
    /// <summary>All that it runs. None of them can use its capabilities to become root.</summary>
    internal static readonly string[] Programs = ["ip", "nft", "sysctl", "tc", "dnsmasq"];

    /// <summary>Serves one line after the other until the input ends.</summary>
    /// <param name="input">Requests.</param>
    /// <param name="output">Answers; the first of them unasked, as a sign of life.</param>
    /// <param name="cancellation">Ends the program that runs, too.</param>
    public async Task RunAsync(Stream input, Stream output, CancellationToken cancellation = default)
    {
        using var reader = new StreamReader(input, new UTF8Encoding(false));
        QemuLabException? unable = NetworkPrivilege.Refusal(ProcessCapabilities.Own);
        await AnswerAsync(output, unable is null ? new NetworkHelperAnswer() : NetworkHelperAnswer.For(unable));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            NetworkHelperRequest? request = Read(line);
            if (request?.Capture is { } interfaceName)
            {
                await CaptureAsync(interfaceName, reader, output);
                return;
            }

            await AnswerAsync(output, await DoAsync(request, cancellation));
        }
    }

    private async Task<NetworkHelperAnswer> DoAsync(NetworkHelperRequest? request, CancellationToken cancellation)
    {
        if (request?.Program is not { } program || !Programs.Contains(program))
        {
            return NetworkHelperAnswer.For(new QemuLabException(ErrorKind.Failed, "helper-refused", "the network helper runs ip, nft, sysctl, tc and dnsmasq, and nothing else"));
        }

        try
        {
            CommandResult result = await runner.RunAsync(CommandFor(program, request), cancellation);
            return new NetworkHelperAnswer { ExitCode = result.ExitCode, Output = result.Output, Error = result.Error, TimedOut = result.TimedOut };
        }
        catch (CommandNotFoundException cause)
        {
            return NetworkHelperAnswer.For(NetworkPrivilege.Missing(program, cause));
        }
    }

    private static Command CommandFor(string program, NetworkHelperRequest request) => new(NetworkPrivilege.Find(program) ?? program, request.Arguments)
    {
        Input = request.Input,
        TimeLimit = request.TimeLimit is { } limit ? TimeSpan.FromMilliseconds(limit) : null,
        WorkingDirectory = "/",
        Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C" },
    };

    private static async Task CaptureAsync(string interfaceName, StreamReader reader, Stream output)
    {
        PacketSocket socket;
        try
        {
            socket = new PacketSocket(interfaceName);
        }
        catch (QemuLabException refused)
        {
            await AnswerAsync(output, NetworkHelperAnswer.For(refused));
            return;
        }

        using (socket)
        {
            await AnswerAsync(output, new NetworkHelperAnswer());
            using var end = new CancellationTokenSource();
            Task capture = BridgeCapture.RunAsync(socket, interfaceName, output, end.Token);

            // The asker closes its side when it has seen enough; nothing else is to come. Or the interface goes.
            await Task.WhenAny(capture, EndOfAsync(reader));
            await end.CancelAsync();
            await capture;
        }
    }

    private static async Task EndOfAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is not null)
        {
        }
    }

    private static async Task AnswerAsync(Stream output, NetworkHelperAnswer answer)
    {
        await output.WriteAsync(answer.ToLine(), CancellationToken.None);
        await output.FlushAsync(CancellationToken.None);
    }

    private static NetworkHelperRequest? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, NetworkHelperJson.Default.NetworkHelperRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
