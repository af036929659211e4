using System.Buffers;

namespace QemuLab.Engine.Networks.Captures;

/// <summary>Bytes between the switch and a reader of its capture, bounded: first in, first out, in one block of memory.</summary>
internal sealed class CaptureBuffer(int capacity) : IBufferWriter<byte>
{
    private readonly byte[] bytes = GC.AllocateUninitializedArray<byte>(capacity);
    private int start;
    private int end;

    public int Free => bytes.Length - (end - start);

    public ReadOnlySpan<byte> Waiting => bytes.AsSpan(start, end - start);

    public void Remove(int count)
    {
        start += count;
        if (start == end)
        {
            (start, end) = (0, 0);
        }
    }

    public void Advance(int count) => end += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (end + sizeHint > bytes.Length)
        {
            Waiting.CopyTo(bytes);
            (start, end) = (0, end - start);
        }

        return bytes.AsSpan(end);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        GetSpan(sizeHint);
        return bytes.AsMemory(end);
    }
}
