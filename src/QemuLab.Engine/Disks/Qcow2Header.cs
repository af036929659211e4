using System.Buffers.Binary;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>The little that is read of a qcow2 file without qemu-img, which takes a hundred times as long (QEMU's docs/interop/qcow2.txt).</summary>
public static class Qcow2Header
{
    private const uint Magic = 0x514649fb;

    private const int SizeOffset = 24, Length = 32;

    /// <summary>The size of the disk that a guest sees; null where there is no such file, or it is no qcow2 image.</summary>
    public static ByteSize? VirtualSize(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        Span<byte> header = stackalloc byte[Length];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return file.ReadAtLeast(header, Length, throwOnEndOfStream: false) == Length && BinaryPrimitives.ReadUInt32BigEndian(header) == Magic
            ? new ByteSize(BinaryPrimitives.ReadInt64BigEndian(header[SizeOffset..]))
            : null;
    }
}
