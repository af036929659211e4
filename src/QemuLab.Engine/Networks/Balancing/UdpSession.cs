using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>What one client of a UDP port and its machine say to each other; a socket of its own, so that the machine can tell clients apart.</summary>
internal sealed class UdpSession : IDisposable
{
    /// <summary>How long it is taken for granted that the machine runs.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly Socket listener;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Backend backend;
    private readonly BalancerParts parts;
    private long lastUsed;
    private long lastSeen;

    /// <param name="listener">By which the client is answered.</param>
    /// <param name="client">The client.</param>
    /// <param name="backend">Its machine.</param>
    /// <param name="parts">Tell whether it runs.</param>
    public UdpSession(Socket listener, SocketAddress client, Backend backend, BalancerParts parts)
    {
        (this.listener, Client, this.backend, this.parts) = (listener, client, backend, parts);
        lastUsed = lastSeen = parts.Time.GetTimestamp();
        socket.Connect(backend.Forward);
    }

    public SocketAddress Client { get; }

    /// <summary>In the clock's timestamps.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Whether it goes on: not once the machine has gone, or the client was quiet for too long. A client that asks again and again keeps no dead machine.</summary>
    public bool GoesOn()
    {
        if (backend.Gone.IsCancellationRequested || socket.SafeHandle.IsClosed)
        {
            return false;
        }

        if (parts.Time.GetElapsedTime(lastSeen) < Trust)
        {
            return true;
        }

        lastSeen = parts.Time.GetTimestamp();
        return parts.IsThere(backend.Told.Machine);
    }

    /// <summary>To the machine; lost where it cannot be taken at once, as UDP is.</summary>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        Volatile.Write(ref lastUsed, parts.Time.GetTimestamp());
        try
        {
            socket.Send(datagram, SocketFlags.None);
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Hands the machine's answers to the client, until the session ends.</summary>
    public async Task ReceiveAsync(Action end)
    {
        byte[] datagram = ArrayPool<byte>.Shared.Rent(UdpBalancer.LargestDatagram);
        try
        {
            while (true)
            {
                int length = await socket.ReceiveAsync(datagram, SocketFlags.None, backend.Gone);
                Volatile.Write(ref lastUsed, parts.Time.GetTimestamp());
                await listener.SendToAsync(datagram.AsMemory(0, length), SocketFlags.None, Client, backend.Gone);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Quiet for too long; or the machine has gone, and with it the forward: the client's next datagram goes to another one.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(datagram);
            end();
            Dispose();
        }
    }

    public void Dispose() => socket.Dispose();
}
