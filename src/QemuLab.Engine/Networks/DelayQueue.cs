using System.Buffers;

namespace QemuLab.Engine.Networks;

/// <summary>Frames on their way over slow links, by the time that they arrive. Bounded in bytes for each port; what does not fit is lost.</summary>
/// <param name="bytesPerPort">What may be on the way to one port.</param>
internal sealed class DelayQueue(int bytesPerPort = 8 << 20)
{
    private readonly PriorityQueue<Waiting, (long Due, long Turn)> waiting = new();
    private readonly Dictionary<int, int> bytes = [];
    private long lastTurn;

    private readonly record struct Waiting(int Port, byte[] Bytes, int Length);

    /// <summary>When the next one arrives; null: none is on its way.</summary>
    public long? Next => waiting.TryPeek(out _, out (long Due, long Turn) next) ? next.Due : null;

    /// <summary>False where the port has too much on the way already.</summary>
    public bool TryAdd(int port, long due, ReadOnlySpan<byte> frame)
    {
        int before = bytes.GetValueOrDefault(port);
        if (before + frame.Length > bytesPerPort)
        {
            return false;
        }

        bytes[port] = before + frame.Length;
        byte[] copy = ArrayPool<byte>.Shared.Rent(frame.Length);
        frame.CopyTo(copy);
        waiting.Enqueue(new Waiting(port, copy, frame.Length), (due, ++lastTurn));
        return true;
    }

    /// <summary>Takes the next frame that has arrived by now; false where none has.</summary>
    /// <param name="now">In the ticks of the due times.</param>
    /// <param name="into">As large as the largest frame.</param>
    /// <param name="port">Where it arrives.</param>
    /// <param name="length">Of the frame.</param>
    public bool TryTake(long now, Span<byte> into, out int port, out int length)
    {
        (port, length) = (0, 0);
        if (!waiting.TryPeek(out _, out (long Due, long Turn) next) || next.Due > now)
        {
            return false;
        }

        Waiting frame = waiting.Dequeue();
        (port, length) = (frame.Port, frame.Length);
        frame.Bytes.AsSpan(0, length).CopyTo(into);
        bytes[port] -= length;
        if (bytes[port] == 0)
        {
            bytes.Remove(port);
        }

        ArrayPool<byte>.Shared.Return(frame.Bytes);
        return true;
    }
}
