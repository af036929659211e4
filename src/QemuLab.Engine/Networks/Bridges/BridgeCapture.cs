using System.Buffers;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>Captures one interface of this host, such as a lab's bridge, by a packet socket. Needs Linux and CAP_NET_RAW.</summary>
public static class BridgeCapture
{
    /// <summary>How long an end may take to be noticed.</summary>
    private const int Pulse = 100;

    /// <summary>So many bytes are gathered before they are written, while frames keep coming.</summary>
    private const int Batch = 256 * 1024;

    /// <summary>Writes every frame to the stream, as pcapng, until cancelled or the interface has gone; statistics come last.</summary>
    /// <exception cref="QemuLabException">There is no such interface (code <c>no-interface</c>), or it may not be captured (code <c>capture-refused</c>).</exception>
    public static async Task RunAsync(string interfaceName, Stream pcapng, CancellationToken cancellation)
    {
        using var socket = new PacketSocket(interfaceName);
        await RunAsync(socket, interfaceName, pcapng, cancellation);
    }

    internal static async Task RunAsync(PacketSocket socket, string interfaceName, Stream pcapng, CancellationToken cancellation)
    {
        var waiting = new ArrayBufferWriter<byte>(2 * Batch);
        var writer = new PcapngWriter(waiting);
        writer.WriteHeader("qemulab");
        int number = writer.AddInterface(interfaceName);
        await HandOverAsync(waiting, pcapng);

        byte[] frame = new byte[65_536 + 32];
        (long frames, bool isThere) = (0, true);
        while (isThere && !cancellation.IsCancellationRequested)
        {
            // poll(2) blocks: on a thread of the pool, and never for long.
            await Task.Run(() => socket.Wait(Pulse), CancellationToken.None);
            int length = 0;
            while (waiting.WrittenCount < Batch && (length = socket.Receive(frame)) > 0)
            {
                writer.WritePacket(number, TimeProvider.System.GetUtcNow(), frame.AsSpan(0, length));
                frames++;
            }

            isThere = length >= 0;
            await HandOverAsync(waiting, pcapng);
        }

        writer.WriteStatistics(number, TimeProvider.System.GetUtcNow(), frames, socket.TakeDrops());
        await HandOverAsync(waiting, pcapng);
    }

    private static async Task HandOverAsync(ArrayBufferWriter<byte> waiting, Stream pcapng)
    {
        if (waiting.WrittenCount > 0)
        {
            await pcapng.WriteAsync(waiting.WrittenMemory, CancellationToken.None);
            await pcapng.FlushAsync(CancellationToken.None);
            waiting.ResetWrittenCount();
        }
    }
}
