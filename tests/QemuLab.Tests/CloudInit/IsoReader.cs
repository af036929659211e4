using System.Buffers.Binary;
using System.Text;

namespace QemuLab.Tests.CloudInit;

/// <summary>Reads a disc's root folder back, by the standard and not by the writer: names of all three kinds, and contents.</summary>
internal sealed class IsoReader(byte[] image)
{
    public sealed record Found(string Name, string? RockRidgeName, byte[] Content, int Record);

    public string Label(int sector) => sector == 16
        ? Encoding.ASCII.GetString(image, (sector * 2048) + 40, 32).TrimEnd()
        : Encoding.BigEndianUnicode.GetString(image, (sector * 2048) + 40, 32).TrimEnd();

    public IReadOnlyList<Found> Root(int descriptor)
    {
        int root = (descriptor * 2048) + 156;
        int at = 2048 * BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(root + 2));
        int end = at + BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(root + 10));
        List<Found> found = [];
        while (at < end)
        {
            int length = image[at];
            if (length == 0)
            {
                at = (at / 2048 + 1) * 2048;
                continue;
            }

            found.Add(Read(image.AsSpan(at, length), descriptor == 17, at));
            at += length;
        }

        return found;
    }

    private Found Read(ReadOnlySpan<byte> record, bool joliet, int offset)
    {
        int sector = BinaryPrimitives.ReadInt32LittleEndian(record[2..]);
        int size = BinaryPrimitives.ReadInt32LittleEndian(record[10..]);
        Assert.Equal(sector, BinaryPrimitives.ReadInt32BigEndian(record[6..]));
        Assert.Equal(size, BinaryPrimitives.ReadInt32BigEndian(record[14..]));
        int nameLength = record[32];
        ReadOnlySpan<byte> name = record.Slice(33, nameLength);
        ReadOnlySpan<byte> systemUse = record[(33 + nameLength + 1 - (nameLength & 1))..];
        string? rockRidge = null;
        while (systemUse.Length >= 4 && systemUse[2] >= 4)
        {
            if (systemUse.StartsWith("NM"u8))
            {
                rockRidge = Encoding.ASCII.GetString(systemUse[5..systemUse[2]]);
            }

            systemUse = systemUse[systemUse[2]..];
        }

        string text = (joliet && nameLength > 1 ? Encoding.BigEndianUnicode : Encoding.ASCII).GetString(name);
        return new Found(text, rockRidge, image.AsSpan(sector * 2048, size).ToArray(), offset);
    }
}
