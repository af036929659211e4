using System.Buffers.Binary;

namespace QemuLab.Engine.Networks;

/// <summary>Frames that wait, oldest first, in one fixed block of memory.</summary>
internal sealed class FrameQueue(int capacity)
{
    private const int Header = 4;

    private byte[] bytes = [];
    private int start;
    private int end;

    public bool IsEmpty => start == end;

    public ReadOnlySpan<byte> First => bytes.AsSpan(start + Header, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start)));

    /// <summary>False where there is no room.</summary>
    public bool TryAdd(ReadOnlySpan<byte> frame)
    {
        if (bytes.Length == 0)
        {
            // Not before it is needed: most ports never fall behind.
            bytes = GC.AllocateUninitializedArray<byte>(capacity);
        }

        if (end + Header + frame.Length > bytes.Length)
        {
            bytes.AsSpan(start, end - start).CopyTo(bytes);
            (start, end) = (0, end - start);
        }

        if (end + Header + frame.Length > bytes.Length)
        {
            return false;
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(end), frame.Length);
        frame.CopyTo(bytes.AsSpan(end + Header));
        end += Header + frame.Length;
        return true;
    }

    public void RemoveFirst()
    {
        start += Header + First.Length;
        if (start == end)
        {
            (start, end) = (0, 0);
        }
    }
}
