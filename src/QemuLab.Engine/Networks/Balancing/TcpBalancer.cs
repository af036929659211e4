using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>
/// Gives each connection to a TCP port of the host to the next machine that accepts it. Nothing is read from the client before
/// one has, so that no byte is ever sent to two machines. Where none accepts, the client sees a reset.
/// </summary>
internal sealed class TcpBalancer : IPortBalancer
{
    /// <summary>More clients wait in the kernel's queue, and then outside.</summary>
    private const int MostConnections = 1024;

    private const int Queue = 128;

    /// <summary>How long a machine may keep silent while there is another one; slirp repeats its SYN after six seconds only.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How long the last one may: longer than slirp itself tries, which is 75 seconds.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(80);

    /// <summary>After a failure to accept: the process is out of files, and only time helps.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly BalancerParts parts;
    private readonly BackendRing ring;
    private readonly Socket listener;
    private readonly CancellationTokenSource ended = new();
    private readonly SemaphoreSlim room = new(MostConnections);

    /// <exception cref="SocketException">The port cannot be had.</exception>
    /// <exception cref="FormatException">An address is none.</exception>
    public TcpBalancer(PublishedPort port, BalancerParts parts)
    {
        this.parts = parts;
        ring = new BackendRing(parts.IsThere, parts.Time);
        ring.Set(port.Backends);
        listener = new Socket(port.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(port.EndPoint);
            listener.Listen(Queue);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _ = AcceptAsync(port.HostSide, ended.Token);
    }

    public void Set(IReadOnlyList<PublishedBackend> backends) => ring.Set(backends);

    public void Dispose()
    {
        listener.Dispose();
        ring.Dispose();
        ended.Cancel();
    }

    private async Task AcceptAsync(string port, CancellationToken cancellation)
    {
        bool failing = false;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await room.WaitAsync(cancellation);
                _ = ServeAsync(await listener.AcceptAsync(cancellation), cancellation);
                failing = false;
            }
            catch (Exception closed) when (closed is OperationCanceledException or ObjectDisposedException || cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException failure)
            {
                room.Release();
                if (!failing)
                {
                    parts.Log($"{port}: a connection could not be accepted: {failure.Message}");
                }

                failing = true;
                await Task.Delay(Rest, parts.Time, CancellationToken.None);
            }
        }
    }

    /// <summary>One connection, from its beginning to its end.</summary>
    private async Task ServeAsync(Socket client, CancellationToken cancellation)
    {
        try
        {
            client.NoDelay = true;
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            IReadOnlyList<Backend> backends = ring.Next();
            foreach (Backend backend in backends)
            {
                if (await OpenAsync(backend, backend == backends[^1]) is { } machine)
                {
                    await TcpRelay.RunAsync(client, machine, backend.Gone);
                    return;
                }

                cancellation.ThrowIfCancellationRequested();
                ring.Pass();
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went, or the port is published no longer.
        }
        finally
        {
            // Does nothing to a connection that has ended well.
            TcpRelay.Abort(client);
            room.Release();
        }
    }

    private async Task<GuestConnection?> OpenAsync(Backend backend, bool isLast)
    {
        try
        {
            return await GuestConnection.OpenAsync(backend, isLast ? LastPatience : Patience, parts);
        }
        catch (TimeoutException)
        {
            ring.Silent(backend);
            return null;
        }
    }
}
