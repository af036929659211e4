using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>A connection by slirp that a machine has accepted, not only slirp.</summary>
/// <param name="Socket">Of this host.</param>
/// <param name="Readable">Ends when there is something to read from the machine.</param>
internal sealed record GuestConnection(Socket Socket, Task<int> Readable)
{
    /// <summary>Null where the machine refuses, has no way to it any more, or goes away.</summary>
    /// <param name="backend">The machine.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="parts">See its answer.</param>
    /// <exception cref="TimeoutException">It keeps silent.</exception>
    public static async Task<GuestConnection?> OpenAsync(Backend backend, TimeSpan patience, BalancerParts parts)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        GuestConnection? opened = null;
        using var late = new CancellationTokenSource(patience, parts.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, backend.Gone);
        try
        {
            using IDisposable turn = await backend.EnterAsync(end.Token);

            // Bound before, because the answer may be here before connect has returned.
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            using Handshakes.Awaited handshake = parts.Handshakes.Await(((IPEndPoint)socket.LocalEndPoint!).Port, backend.GuestAddress, backend.Told.GuestPort);
            await socket.ConnectAsync(backend.Forward, end.Token);

            // Slirp closes where the machine refuses or never answers; nothing can be read before the machine has accepted.
            Task<int> readable = socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None).AsTask();
            await Task.WhenAny(handshake.Answered, readable).WaitAsync(end.Token);
            opened = handshake.Answered.IsCompleted ? new GuestConnection(socket, readable) : null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !backend.Gone.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException)
        {
            // No forward leads there any more, or slirp has ended, or the machine was stopped.
        }
        finally
        {
            if (opened is null)
            {
                TcpRelay.Abort(socket);
            }
        }

        return opened;
    }
}
