using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>
/// Gives what comes to a UDP port of the host to the machines: all of one client (address and port) to one machine, until it is
/// quiet for a while, and the next client's to the next one.
/// </summary>
internal sealed class UdpBalancer : IPortBalancer
{
    /// <summary>A further client takes the place of the one that was quiet longest.</summary>
    private const int MostSessions = 256;

    /// <summary>The largest datagram.</summary>
    internal const int LargestDatagram = 65_535;

    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(10);

    private readonly BalancerParts parts;
    private readonly BackendRing ring;
    private readonly Socket socket;
    private readonly ConcurrentDictionary<SocketAddress, UdpSession> sessions = new();
    private readonly CancellationTokenSource ended = new();
    private readonly ITimer sweep;

    /// <exception cref="SocketException">The port cannot be had.</exception>
    /// <exception cref="FormatException">An address is none.</exception>
    public UdpBalancer(PublishedPort port, BalancerParts parts)
    {
        this.parts = parts;
        ring = new BackendRing(parts.IsThere, parts.Time);
        ring.Set(port.Backends);
        socket = new Socket(port.EndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(port.EndPoint);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        sweep = parts.Time.CreateTimer(_ => Sweep(), null, SweepPeriod, SweepPeriod);
        _ = ReceiveAsync(ended.Token);
    }

    public void Set(IReadOnlyList<PublishedBackend> backends) => ring.Set(backends);

    public void Dispose()
    {
        sweep.Dispose();
        ended.Cancel();
        socket.Dispose();
        ring.Dispose();
        End(sessions.Values);
    }

    private async Task ReceiveAsync(CancellationToken cancellation)
    {
        byte[] datagram = new byte[LargestDatagram];
        var from = new SocketAddress(socket.AddressFamily);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                int length = await socket.ReceiveFromAsync(datagram, SocketFlags.None, from, cancellation);
                SessionOf(from)?.Send(datagram.AsSpan(0, length));
            }
            catch (Exception closed) when (closed is OperationCanceledException or ObjectDisposedException || cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException)
            {
                // What a datagram of before has met; UDP goes on.
            }
        }
    }

    /// <summary>The client's, or a new one to the machine whose turn it is; null where none runs.</summary>
    private UdpSession? SessionOf(SocketAddress client)
    {
        if (sessions.TryGetValue(client, out UdpSession? known))
        {
            if (known.GoesOn())
            {
                return known;
            }

            End([known]);
        }

        if (ring.Next() is not [var backend, ..])
        {
            return null;
        }

        if (sessions.Count >= MostSessions)
        {
            End([sessions.Values.MinBy(session => session.LastUsed)!]);
        }

        var copy = new SocketAddress(client.Family, client.Size);
        client.Buffer.Span[..client.Size].CopyTo(copy.Buffer.Span);
        var session = new UdpSession(socket, copy, backend, parts);
        sessions[copy] = session;
        _ = session.ReceiveAsync(() => sessions.TryRemove(new KeyValuePair<SocketAddress, UdpSession>(copy, session)));
        return session;
    }

    private void Sweep() => End(sessions.Values.Where(session => parts.Time.GetElapsedTime(session.LastUsed) >= QuietLimit));

    private void End(IEnumerable<UdpSession> some)
    {
        foreach (UdpSession session in some)
        {
            sessions.TryRemove(new KeyValuePair<SocketAddress, UdpSession>(session.Client, session));
            session.Dispose();
        }
    }
}
