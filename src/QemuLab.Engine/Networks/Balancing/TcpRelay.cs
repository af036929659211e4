using System.Buffers;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>Carries bytes between two TCP connections, each way until its end; a side that breaks breaks the other.</summary>
internal static class TcpRelay
{
    /// <summary>Held only while bytes are on their way.</summary>
    private const int BufferSize = 16 * 1024;

    /// <summary>Returns when both ways have ended, however they did; both sockets are closed then.</summary>
    /// <param name="client">One side.</param>
    /// <param name="machine">The other.</param>
    /// <param name="cancellation">Breaks both.</param>
    public static async Task RunAsync(Socket client, GuestConnection machine, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(Break);
        await Task.WhenAll(
            CopyAsync(client, machine.Socket, client.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None).AsTask(), Break),
            CopyAsync(machine.Socket, client, machine.Readable, Break));
        client.Dispose();
        machine.Socket.Dispose();

        void Break()
        {
            Abort(client);
            Abort(machine.Socket);
        }
    }

    /// <summary>Closes so that the other side sees a reset, not an end.</summary>
    public static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Its other side was faster.
        }

        socket.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, Task<int> readable, Action breakBoth)
    {
        try
        {
            // A receive of nothing waits without holding a buffer.
            while (await MoveAsync(from, to, readable))
            {
                readable = from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None).AsTask();
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            breakBoth();
        }
    }

    /// <summary>False at the end.</summary>
    private static async Task<bool> MoveAsync(Socket from, Socket to, Task<int> readable)
    {
        await readable;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int length = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), SocketFlags.None, CancellationToken.None);
            for (int sent = 0; sent < length;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), SocketFlags.None, CancellationToken.None);
            }

            return length > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
