using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// Writes a disc with a flat root folder in memory: ISO 9660 level 1 (ECMA-119) with Joliet and Rock Ridge (SUSP, RRIP)
/// names. The same files give the same bytes: every date is fixed and nothing of the host goes in.
/// </summary>
/// <remarks>Sectors: 16 primary and 17 Joliet descriptor, 18 terminator, 19 to 22 path tables, 23 ER, the two root folders, the files.</remarks>
public static class Iso9660Writer
{
    private const int PrimaryPathTable = 19;
    private const int JolietPathTable = 21;
    private const int ContinuationSector = 23;
    private const int FirstDirectory = 24;
    private const int MaxNameLength = 64;

    /// <summary>128 KiB: busybox reads the first 68 KiB of a device before it looks for a label, and finds none on a smaller one.</summary>
    private const int LeastSectors = 64;

    /// <exception cref="ArgumentException">A name is not ASCII, empty, too long, has a slash or comes twice.</exception>
    public static byte[] Write(string label, IReadOnlyList<IsoFile> files)
    {
        Check(files);
        // Sizes of folders do not depend on where files lie, so a first pass measures and a second one places.
        (IsoDirectory primary, IsoDirectory joliet) = Directories(files, [.. files.Select(_ => 0)], 0, 0, 0, 0);
        int jolietSector = FirstDirectory + IsoFields.Sectors(primary.Length);
        int firstFile = jolietSector + IsoFields.Sectors(joliet.Length);
        int[] places = Places(files, firstFile, out int total);
        (primary, joliet) = Directories(files, places, FirstDirectory, primary.Length, jolietSector, joliet.Length);

        byte[] image = new byte[total * IsoFields.SectorSize];
        IsoDescriptor.Write(Sector(image, 16), label, total, PrimaryPathTable, FirstDirectory, primary.Length, joliet: false);
        IsoDescriptor.Write(Sector(image, 17), label, total, JolietPathTable, jolietSector, joliet.Length, joliet: true);
        IsoDescriptor.WriteTerminator(Sector(image, 18));
        WritePathTables(image, PrimaryPathTable, FirstDirectory);
        WritePathTables(image, JolietPathTable, jolietSector);
        RockRidge.ExtensionReference.CopyTo(Sector(image, ContinuationSector));
        primary.WriteTo(Sector(image, FirstDirectory));
        joliet.WriteTo(Sector(image, jolietSector));
        for (int i = 0; i < files.Count; i++)
        {
            files[i].Content.Span.CopyTo(image.AsSpan(places[i] * IsoFields.SectorSize));
        }

        return image;
    }

    private static Span<byte> Sector(byte[] image, int sector) => image.AsSpan(sector * IsoFields.SectorSize);

    private static void WritePathTables(byte[] image, int sector, int directory)
    {
        IsoDirectory.WritePathTable(Sector(image, sector), directory, bigEndian: false);
        IsoDirectory.WritePathTable(Sector(image, sector + 1), directory, bigEndian: true);
    }

    private static int[] Places(IReadOnlyList<IsoFile> files, int first, out int end)
    {
        int[] places = new int[files.Count];
        end = first;
        for (int i = 0; i < files.Count; i++)
        {
            places[i] = end;
            end += IsoFields.Sectors(files[i].Content.Length);
        }

        // An empty file at the end must still lie inside of the disc.
        end = Math.Max(end + 1, LeastSectors);
        return places;
    }

    private static (IsoDirectory Primary, IsoDirectory Joliet) Directories(
        IReadOnlyList<IsoFile> files, int[] places, int primarySector, int primaryLength, int jolietSector, int jolietLength)
    {
        IReadOnlyList<string> shortNames = IsoNames.For(files.Select(file => file.Name));
        var primary = new IsoDirectory(joliet: false);
        var joliet = new IsoDirectory(joliet: true);
        primary.AddSelfAndParent(primarySector, primaryLength, RockRidge.Root(ContinuationSector), RockRidge.Parent);
        joliet.AddSelfAndParent(jolietSector, jolietLength, [], []);
        // Records are in the order of their identifiers (9.3).
        foreach (int i in Enumerable.Range(0, files.Count).OrderBy(i => shortNames[i], StringComparer.Ordinal))
        {
            primary.AddFile(shortNames[i], places[i], files[i].Content.Length, RockRidge.File(files[i].Name));
        }

        foreach (int i in Enumerable.Range(0, files.Count).OrderBy(i => files[i].Name, StringComparer.Ordinal))
        {
            joliet.AddFile(files[i].Name, places[i], files[i].Content.Length, []);
        }

        return (primary, joliet);
    }

    private static void Check(IReadOnlyList<IsoFile> files)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (IsoFile file in files)
        {
            bool legal = file.Name.Length is > 0 and <= MaxNameLength && Ascii.IsValid(file.Name) && !file.Name.Contains('/', StringComparison.Ordinal);
            if (!legal || !seen.Add(file.Name))
            {
                throw new ArgumentException($"'{file.Name}' cannot be a file's name here, or comes twice", nameof(files));
            }
        }
    }
}
