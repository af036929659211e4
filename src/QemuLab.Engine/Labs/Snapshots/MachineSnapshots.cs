using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Labs;

/// <summary>Snapshots of one machine: by QEMU where it runs, with its memory; else by qemu-img, of its disks.</summary>
internal sealed class MachineSnapshots(QemuImg images, EventLog events)
{
    /// <summary>Whether the machine has been made.</summary>
    public static bool HasDisks(MachinePlan plan) => File.Exists(plan.Disks[0].Path);

    /// <exception cref="QemuLabException">QEMU's or qemu-img's own words, with the machine's name.</exception>
    /// <param name="action">What is done.</param>
    /// <param name="machine">Of which machine.</param>
    /// <param name="tag">The snapshot's name in the disks.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public async Task DoAsync(SnapshotAction action, VirtualMachine machine, string tag, CancellationToken cancellation)
    {
        (string? begun, string? done) = action switch
        {
            SnapshotAction.Save or SnapshotAction.SaveCompressed or SnapshotAction.SaveDisks => ("Saving", "Saved"),
            SnapshotAction.Load or SnapshotAction.LoadCompressed => ("Loading", "Loaded"),
            _ => ((string?)null, (string?)null),
        };
        try
        {
            Tell(machine, begun);
            if (machine.Running is { } running)
            {
                await running.SnapshotAsync(action, tag, QemuCommandLine.SnapshotNodes(machine.Plan), cancellation);
            }
            else
            {
                await OfDisksAsync(action, machine.Plan, tag, cancellation);
            }

            Tell(machine, done);
        }
        catch (QemuLabException failed)
        {
            throw new QemuLabException(failed.Kind, failed.Code, $"{machine.Plan.Name}: {failed.Message}", failed.Hint, failed);
        }
    }

    /// <summary>QEMU says nothing of how far it is: it answers nobody meanwhile.</summary>
    private void Tell(VirtualMachine machine, string? word)
    {
        if (word is not null)
        {
            events.Add(LabEventKind.Snapshot, machine.Plan.Lab, machine.Plan.Name, word);
        }
    }

    /// <summary>What the snapshot's memory takes inside of the root disk, in bytes.</summary>
    public async Task<long> MemoryBytesAsync(MachinePlan plan, string tag, CancellationToken cancellation) =>
        (await images.SnapshotsAsync(plan.Disks[0].Path, cancellation)).GetValueOrDefault(tag);

    /// <summary>Of a machine that does not run.</summary>
    public async Task OfDisksAsync(SnapshotAction action, MachinePlan plan, string tag, CancellationToken cancellation)
    {
        string?[] files = [.. plan.Disks.Select(disk => disk.Path), (plan.Firmware as FirmwarePlan.Uefi)?.Vars];
        foreach (string file in files.OfType<string>().Where(File.Exists))
        {
            await images.SnapshotAsync(action, file, tag, cancellation);
        }
    }
}
