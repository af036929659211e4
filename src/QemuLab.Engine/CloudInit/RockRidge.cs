using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// The system use entries of SUSP (IEEE P1281) and RRIP (IEEE P1282, as RRIP_1991A) that give files their real names and
/// modes. Files are readable by root alone: a seed holds a private host key, and the guest may mount it for everyone to see.
/// </summary>
internal static class RockRidge
{
    private const int RegularFile = 0x8000 | 0x100;
    private const int Directory = 0x4000 | 0x100 | 0x40;

    /// <summary>The root's own record: SP (SUSP is in use), PX, and CE that leads to <see cref="ExtensionReference"/>.</summary>
    public static byte[] Root(int continuationSector)
    {
        byte[] continuation = [(byte)'C', (byte)'E', 28, 1, .. new byte[24]];
        IsoFields.Both32(continuation, 4, continuationSector);
        IsoFields.Both32(continuation, 20, ExtensionReference.Length);
        return [(byte)'S', (byte)'P', 7, 1, 0xBE, 0xEF, 0, .. Attributes(Directory, 2), .. continuation, 0];
    }

    public static byte[] Parent => Attributes(Directory, 2);

    /// <summary>PX and NM of a file.</summary>
    public static byte[] File(string name)
    {
        byte[] nameEntry = [(byte)'N', (byte)'M', (byte)(5 + name.Length), 1, 0, .. Encoding.ASCII.GetBytes(name)];
        byte[] padding = new byte[nameEntry.Length & 1];
        return [.. Attributes(RegularFile, 1), .. nameEntry, .. padding];
    }

    /// <summary>ER: which extension the entries belong to. Too long for the root's record, so it stands in a sector of its own.</summary>
    public static byte[] ExtensionReference { get; } = MakeExtensionReference();

    private static byte[] MakeExtensionReference()
    {
        const string Id = "RRIP_1991A";
        const string Description = "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS";
        const string Source = "PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.";
        byte length = (byte)(8 + Id.Length + Description.Length + Source.Length);
        return
        [
            (byte)'E', (byte)'R', length, 1, (byte)Id.Length, (byte)Description.Length, (byte)Source.Length, 1,
            .. Encoding.ASCII.GetBytes(Id + Description + Source),
        ];
    }

    /// <summary>PX: mode, links, and root as owner and group.</summary>
    private static byte[] Attributes(int mode, int links)
    {
        byte[] entry = [(byte)'P', (byte)'X', 36, 1, .. new byte[32]];
        IsoFields.Both32(entry, 4, mode);
        IsoFields.Both32(entry, 12, links);
        return entry;
    }
}
