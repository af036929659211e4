using System.Net.Sockets;
using System.Text.Json;

namespace QemuLab.Engine.Networks.Captures;

/// <summary>Reads the capture of a running switch.</summary>
internal static class CaptureClient
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(3);

    /// <summary>Copies the capture until cancelled, then the rest of what was captured and its statistics. Also ends with the switch.</summary>
    /// <exception cref="QemuLabException">No switch answers (code <c>switch-unreachable</c>), or it cannot capture (code <c>switch-refused</c>).</exception>
    public static async Task CopyAsync(NetworkPaths paths, Stream pcapng, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await BeginAsync(socket, paths, cancellation);
        }
        catch (Exception cause) when (cause is SocketException or IOException or JsonException)
        {
            throw Unreachable(paths, cause);
        }
        catch (OperationCanceledException cause) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(paths, cause);
        }

        // To close our side is to say that it is enough; the switch then sends the rest.
        using var end = new CancellationTokenSource();
        await using CancellationTokenRegistration asked = cancellation.Register(() =>
        {
            end.CancelAfter(TimeLimit);
            CloseOurSide(socket);
        });
        await CopyAsync(socket, pcapng, end.Token);
    }

    private static void CloseOurSide(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The switch has gone already.
        }
    }

    private static QemuLabException Unreachable(NetworkPaths paths, Exception cause) =>
        new(ErrorKind.Failed, SwitchClient.Unreachable, $"no switch answers at {paths.SwitchControl}", cause: cause);

    private static async Task BeginAsync(Socket socket, NetworkPaths paths, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeLimit);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.SwitchControl), limit.Token);
        byte[] request = [.. JsonSerializer.SerializeToUtf8Bytes(new SwitchRequest(SwitchControl.Capture), SwitchJson.Default.SwitchRequest), (byte)'\n'];
        await socket.SendAsync(request, limit.Token);

        // Byte by byte: what follows the answer's line is no text any more.
        List<byte> line = [];
        byte[] next = new byte[1];
        while (await socket.ReceiveAsync(next, limit.Token) == 1 && next[0] != (byte)'\n')
        {
            line.Add(next[0]);
        }

        SwitchAnswer answer = JsonSerializer.Deserialize([.. line], SwitchJson.Default.SwitchAnswer) ?? throw new JsonException();
        if (answer.Error is { } refusal)
        {
            throw new QemuLabException(ErrorKind.Failed, "switch-refused", $"the switch cannot capture: {refusal}", "it is of an older qemulab; take the lab down and launch it again");
        }
    }

    private static async Task CopyAsync(Socket socket, Stream pcapng, CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellation) is > 0 and var count)
            {
                await pcapng.WriteAsync(buffer.AsMemory(0, count), cancellation);
                if (socket.Available == 0)
                {
                    await pcapng.FlushAsync(cancellation);
                }
            }
        }
        catch (SocketException)
        {
            // The switch has gone, and with it the network.
        }
    }
}
