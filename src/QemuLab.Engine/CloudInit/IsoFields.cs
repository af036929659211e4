using System.Buffers.Binary;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>Writes the number and text formats of ECMA-119 (section 7) into a sector.</summary>
internal static class IsoFields
{
    public const int SectorSize = 2048;

    /// <summary>1 January 2000, 00:00:00 UTC, as a directory record has it (ECMA-119 9.1.5). No clock: same content, same bytes.</summary>
    public static ReadOnlySpan<byte> RecordDate => [100, 1, 1, 0, 0, 0, 0];

    public static int Sectors(int bytes) => (bytes + SectorSize - 1) / SectorSize;

    /// <summary>A 16-bit number in both byte orders (7.2.3).</summary>
    public static void Both16(Span<byte> target, int offset, int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target[offset..], (ushort)value);
        BinaryPrimitives.WriteUInt16BigEndian(target[(offset + 2)..], (ushort)value);
    }

    /// <summary>A 32-bit number in both byte orders (7.3.3).</summary>
    public static void Both32(Span<byte> target, int offset, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target[offset..], value);
        BinaryPrimitives.WriteInt32BigEndian(target[(offset + 4)..], value);
    }

    /// <summary>Text padded with spaces; in a Joliet descriptor both are UCS-2, big-endian.</summary>
    public static void Text(Span<byte> target, int offset, int length, string text, bool joliet)
    {
        Span<byte> field = target.Slice(offset, length);
        if (joliet)
        {
            field[^1] = 0;
            Encoding.BigEndianUnicode.GetBytes(text.PadRight(length / 2), field);
        }
        else
        {
            Encoding.ASCII.GetBytes(text.PadRight(length), field);
        }
    }
}
