using System.Buffers.Binary;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>The volume descriptors: primary (ECMA-119 8.4), Joliet's supplementary one (8.5, UCS-2 level 3) and the terminator (8.3).</summary>
internal static class IsoDescriptor
{
    private const int PathTableSize = 10;

    public static void Write(Span<byte> sector, string label, int totalSectors, int pathTable, int root, int rootLength, bool joliet)
    {
        sector[0] = (byte)(joliet ? 2 : 1);
        Identify(sector);
        IsoFields.Text(sector, 8, 32, "LINUX", joliet);
        IsoFields.Text(sector, 40, 32, label, joliet);
        IsoFields.Both32(sector, 80, totalSectors);
        if (joliet)
        {
            "%/E"u8.CopyTo(sector[88..]);
        }

        IsoFields.Both16(sector, 120, 1);
        IsoFields.Both16(sector, 124, 1);
        IsoFields.Both16(sector, 128, IsoFields.SectorSize);
        IsoFields.Both32(sector, 132, PathTableSize);
        BinaryPrimitives.WriteInt32LittleEndian(sector[140..], pathTable);
        BinaryPrimitives.WriteInt32BigEndian(sector[148..], pathTable + 1);
        IsoDirectory.WriteRootRecord(sector[156..], root, rootLength);
        WriteNames(sector, joliet);
        WriteDates(sector);
        sector[881] = 1;
    }

    public static void WriteTerminator(Span<byte> sector)
    {
        sector[0] = 255;
        Identify(sector);
    }

    private static void Identify(Span<byte> sector)
    {
        "CD001"u8.CopyTo(sector[1..]);
        sector[6] = 1;
    }

    /// <summary>Volume set, publisher, preparer, application; and the copyright, abstract and bibliographic files: all but one blank.</summary>
    private static void WriteNames(Span<byte> sector, bool joliet)
    {
        IsoFields.Text(sector, 190, 128, "", joliet);
        IsoFields.Text(sector, 318, 128, "", joliet);
        IsoFields.Text(sector, 446, 128, "", joliet);
        IsoFields.Text(sector, 574, 128, "QEMULAB", joliet);
        IsoFields.Text(sector, 702, 37, "", joliet);
        IsoFields.Text(sector, 739, 37, "", joliet);
        IsoFields.Text(sector, 776, 37, "", joliet);
    }

    /// <summary>Created and modified on the fixed day; never expires; effective at once (8.4.26: sixteen digits and a zero byte).</summary>
    private static void WriteDates(Span<byte> sector)
    {
        Encoding.ASCII.GetBytes("2000010100000000", sector[813..]);
        Encoding.ASCII.GetBytes("2000010100000000", sector[830..]);
        Encoding.ASCII.GetBytes("0000000000000000", sector[847..]);
        Encoding.ASCII.GetBytes("0000000000000000", sector[864..]);
    }
}
