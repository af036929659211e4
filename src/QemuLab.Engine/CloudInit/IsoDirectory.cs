using System.Buffers.Binary;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>The root directory in one of the disc's two name spaces: a run of directory records (ECMA-119 9.1) that never cross a sector.</summary>
internal sealed class IsoDirectory(bool joliet)
{
    private const byte DirectoryFlag = 2;

    private readonly List<Entry> entries = [];

    private readonly record struct Entry(byte[] Identifier, int Sector, int Length, byte Flags, byte[] SystemUse)
    {
        // A record has an even length, and so has the identifier with its padding.
        public int PaddedIdentifier => Identifier.Length + (1 - (Identifier.Length & 1));

        public int Size => 33 + PaddedIdentifier + SystemUse.Length;
    }

    /// <summary>The whole directory's length in bytes; a multiple of the sector.</summary>
    public int Length
    {
        get
        {
            int offset = 0;
            foreach (Entry entry in entries)
            {
                offset = Place(offset, entry) + entry.Size;
            }

            return IsoFields.Sectors(offset) * IsoFields.SectorSize;
        }
    }

    /// <summary>The records for the directory itself and its parent: the root is its own parent.</summary>
    public void AddSelfAndParent(int sector, int length, byte[] selfUse, byte[] parentUse)
    {
        entries.Insert(0, new Entry([0], sector, length, DirectoryFlag, selfUse));
        entries.Insert(1, new Entry([1], sector, length, DirectoryFlag, parentUse));
    }

    public void AddFile(string identifier, int sector, int length, byte[] systemUse) =>
        entries.Add(new Entry((joliet ? Encoding.BigEndianUnicode : Encoding.ASCII).GetBytes(identifier), sector, length, 0, systemUse));

    public void WriteTo(Span<byte> target)
    {
        int offset = 0;
        foreach (Entry entry in entries)
        {
            offset = Place(offset, entry);
            Write(target.Slice(offset, entry.Size), entry);
            offset += entry.Size;
        }
    }

    /// <summary>The 34-byte record of the root directory that a volume descriptor holds.</summary>
    public static void WriteRootRecord(Span<byte> target, int sector, int length) =>
        Write(target[..34], new Entry([0], sector, length, DirectoryFlag, []));

    private static int Place(int offset, Entry entry) =>
        offset % IsoFields.SectorSize + entry.Size <= IsoFields.SectorSize ? offset : IsoFields.Sectors(offset) * IsoFields.SectorSize;

    private static void Write(Span<byte> record, Entry entry)
    {
        record[0] = (byte)entry.Size;
        IsoFields.Both32(record, 2, entry.Sector);
        IsoFields.Both32(record, 10, entry.Length);
        IsoFields.RecordDate.CopyTo(record[18..]);
        record[25] = entry.Flags;
        IsoFields.Both16(record, 28, 1);
        record[32] = (byte)entry.Identifier.Length;
        entry.Identifier.CopyTo(record[33..]);
        entry.SystemUse.CopyTo(record[(33 + entry.PaddedIdentifier)..]);
    }

    /// <summary>The path table with the root as its only row (ECMA-119 9.4): 10 bytes.</summary>
    public static void WritePathTable(Span<byte> target, int sector, bool bigEndian)
    {
        target[0] = 1;
        if (bigEndian)
        {
            BinaryPrimitives.WriteInt32BigEndian(target[2..], sector);
            BinaryPrimitives.WriteInt16BigEndian(target[6..], 1);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(target[2..], sector);
            BinaryPrimitives.WriteInt16LittleEndian(target[6..], 1);
        }
    }
}
