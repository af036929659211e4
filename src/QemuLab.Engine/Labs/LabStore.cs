using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Labs;

/// <summary>The labs' records on disk: one file each, written whole and atomically. A file that cannot be read is set aside, never deleted.</summary>
public sealed class LabStore(StatePaths paths, TimeProvider clock)
{
    private readonly DiskReserve reserve = new(Path.Combine(paths.Labs, ".reserve"));

    /// <summary>The room that is held for what must be written when the disk is full.</summary>
    internal DiskReserve Reserve => reserve;

    /// <summary>All records that can be read, by name, and a message for each that cannot.</summary>
    public (IReadOnlyDictionary<string, LabRecord> Records, IReadOnlyList<(string Lab, string Message)> Broken) ReadAll()
    {
        var records = new SortedDictionary<string, LabRecord>(StringComparer.Ordinal);
        var broken = new List<(string, string)>();
        IEnumerable<string> labs = Directory.Exists(paths.Labs) ? Directory.EnumerateDirectories(paths.Labs).Select(folder => Path.GetFileName(folder)!) : [];
        foreach (string lab in labs.Where(lab => File.Exists(paths.LabRecord(lab))))
        {
            try
            {
                records[lab] = Read(lab);
            }
            catch (Exception unreadable) when (unreadable is JsonException or IOException or InvalidDataException)
            {
                broken.Add((lab, SetAside(lab, unreadable)));
            }
        }

        return (records, broken);
    }

    /// <summary>Writes it, on a full disk too: to stop machines and to remove what takes the room must go on there.</summary>
    public void Write(string lab, LabRecord record)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, LabRecordJson.Default.LabRecord);
        reserve.Write(() =>
        {
            Directory.CreateDirectory(paths.Lab(lab));
            AtomicFile.Write(paths.LabRecord(lab), json);
        });
    }

    /// <summary>Whether the machine has been made, whatever the record says.</summary>
    public bool HasDisk(string lab, string machine) => File.Exists(paths.Machine(lab, machine).RootDisk);

    /// <summary>Whether any machine of the lab has been made.</summary>
    public bool HasDisks(string lab)
    {
        string machines = Path.Combine(paths.Lab(lab), "machines");
        return Directory.Exists(machines) && Directory.EnumerateDirectories(machines).Any(machine => HasDisk(lab, Path.GetFileName(machine)));
    }

    /// <summary>Forgets the lab and removes all its files.</summary>
    public void Remove(string lab)
    {
        if (Directory.Exists(paths.Lab(lab)))
        {
            Directory.Delete(paths.Lab(lab), recursive: true);
        }
    }

    private LabRecord Read(string lab)
    {
        LabRecord record = JsonSerializer.Deserialize(File.ReadAllBytes(paths.LabRecord(lab)), LabRecordJson.Default.LabRecord)
            ?? throw new InvalidDataException("the file holds nothing");
        return record.Schema == LabRecord.CurrentSchema
            ? record with { Snapshots = record.Snapshots ?? new Dictionary<string, SnapshotRecord>() }
            : throw new InvalidDataException($"it was written by another version (schema {record.Schema}, this one reads {LabRecord.CurrentSchema})");
    }

    private string SetAside(string lab, Exception unreadable)
    {
        string aside = paths.LabRecord(lab) + ".broken-" + clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        File.Move(paths.LabRecord(lab), aside, overwrite: true);
        return $"the record of lab {lab} cannot be read ({unreadable.Message}); it is kept as {aside}, and the machines' disks are untouched: launch the lab's file again to go on with them";
    }
}
