using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Labs;

/// <summary>
/// The folders of deleted machines. A machine moves in and out by one rename, with a note in its folder that says what it was;
/// the note and the lab's record together tell, after a crash, which way a machine was going.
/// </summary>
/// <param name="paths">Where they are.</param>
/// <param name="reserve">Room for the notes: deleting, which makes room, must go on where the disk is full.</param>
internal sealed class MachineTrash(StatePaths paths, DiskReserve reserve)
{
    private const string Note = "deleted.json";

    /// <summary>Being removed for good: what a crash leaves of it goes at the next start.</summary>
    private const string Going = ".going-";

    /// <summary>All that can be recovered, the oldest first.</summary>
    public IReadOnlyList<TrashedMachine> All() => !Directory.Exists(paths.Trash)
        ? []
        : [.. Directory.EnumerateDirectories(paths.Trash).Where(folder => !Path.GetFileName(folder).StartsWith(Going, StringComparison.Ordinal)).Select(ReadNote).OfType<TrashedMachine>().OrderBy(one => one.DeletedAt).ThenBy(one => one.Id, StringComparer.Ordinal)];

    /// <summary>What a deleted machine's files take on the disk, in bytes, as far as they are not sparse.</summary>
    /// <exception cref="QemuLabException">It was purged meanwhile.</exception>
    public long BytesOf(TrashedMachine machine) => TryMeasure(machine) ?? throw Gone(machine);

    /// <summary>The same; null where it was purged meanwhile.</summary>
    public long? TryMeasure(TrashedMachine machine)
    {
        try
        {
            return new DirectoryInfo(Folder(machine)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Moves a machine's folder in.</summary>
    public void Put(TrashedMachine machine)
    {
        string from = paths.Machine(machine.Lab, machine.Machine).Path;
        byte[] note = JsonSerializer.SerializeToUtf8Bytes(machine, TrashedMachineJson.Default.TrashedMachine);
        reserve.Write(() =>
        {
            Directory.CreateDirectory(from);
            AtomicFile.Write(Path.Combine(from, Note), note);
        });
        FaultPoint.Reach("delete-noted");
        Directory.CreateDirectory(paths.Trash);
        Directory.Move(from, Folder(machine));
        FaultPoint.Reach("delete-moved");
    }

    /// <summary>Moves a machine's folder back to its lab; <see cref="Settled"/> ends it. What lies there without a disk, such as a host key of a machine that was never made, goes.</summary>
    public void TakeOut(TrashedMachine machine)
    {
        string to = paths.Machine(machine.Lab, machine.Machine).Path;
        if (Directory.Exists(to) && !IsTaken(machine))
        {
            Directory.Delete(to, recursive: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        Move(machine, to);
        FaultPoint.Reach("recover-moved");
    }

    /// <summary>Moves it in again, because it could not be taken up: its note is still in its folder.</summary>
    public void PutBack(TrashedMachine machine) => Directory.Move(paths.Machine(machine.Lab, machine.Machine).Path, Folder(machine));

    /// <summary>The machine is in its lab's record again, and stays.</summary>
    public void Settled(string lab, string machine) => File.Delete(Path.Combine(paths.Machine(lab, machine).Path, Note));

    /// <summary>Removes a deleted machine for good.</summary>
    /// <exception cref="QemuLabException">Another one has done so meanwhile.</exception>
    public void Remove(TrashedMachine machine)
    {
        string going = Path.Combine(paths.Trash, Going + machine.Id);
        Move(machine, going);
        FaultPoint.Reach("purge-begun");
        Directory.Delete(going, recursive: true);
    }

    /// <summary>Whether there is another machine in the place that it would come back to.</summary>
    public bool IsTaken(TrashedMachine machine) => File.Exists(paths.Machine(machine.Lab, machine.Machine).RootDisk);

    /// <summary>Whether the machine's folder has gone to the trash, and not come back.</summary>
    public bool HasMoved(string lab, string machine) =>
        !Directory.Exists(paths.Machine(lab, machine).Path) && All().Any(one => one.Lab == lab && one.Machine == machine);

    /// <summary>Finishes what was under way when a former daemon ended.</summary>
    /// <param name="isKnown">Whether the lab's record has the machine.</param>
    public void Recover(Func<string, string, bool> isKnown)
    {
        foreach (string left in Directory.Exists(paths.Trash) ? Directory.GetDirectories(paths.Trash, Going + "*") : [])
        {
            Directory.Delete(left, recursive: true);
        }

        foreach (string lab in Directory.Exists(paths.Labs) ? Directory.GetDirectories(paths.Labs) : [])
        {
            string machines = Path.Combine(lab, "machines");
            foreach (string folder in Directory.Exists(machines) ? Directory.GetDirectories(machines) : [])
            {
                if (ReadNote(folder) is not { } noted)
                {
                    continue;
                }

                if (isKnown(noted.Lab, noted.Machine))
                {
                    File.Delete(Path.Combine(folder, Note));
                }
                else
                {
                    Directory.CreateDirectory(paths.Trash);
                    Directory.Move(folder, Folder(noted));
                }
            }
        }
    }

    private string Folder(TrashedMachine machine) => Path.Combine(paths.Trash, machine.Id);

    /// <summary>Of several who take it out, or remove it, one does.</summary>
    private void Move(TrashedMachine machine, string to)
    {
        try
        {
            Directory.Move(Folder(machine), to);
        }
        catch (DirectoryNotFoundException)
        {
            throw Gone(machine);
        }
    }

    private static QemuLabException Gone(TrashedMachine machine) =>
        new(ErrorKind.NotFound, "not-in-trash", $"{machine.Lab}/{machine.Machine} has gone from the trash meanwhile", "what is in it: qemulab list --deleted");

    private static TrashedMachine? ReadNote(string folder)
    {
        try
        {
            string note = Path.Combine(folder, Note);
            return File.Exists(note) ? JsonSerializer.Deserialize(File.ReadAllBytes(note), TrashedMachineJson.Default.TrashedMachine) : null;
        }
        catch (Exception none) when (none is JsonException or DirectoryNotFoundException or FileNotFoundException)
        {
            // It is no note, or it has gone with its machine.
            return null;
        }
    }
}
