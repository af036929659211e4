using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    private const string DeviceSuffix = "-device";

    private static void AddDisks(QemuArguments arguments, MachinePlan plan)
    {
        for (int i = 0; i < plan.Disks.Count; i++)
        {
            AddDisk(arguments, plan.Disks[i], isRoot: i == 0);
        }

        arguments
            .AddOption("-blockdev", null, [("driver", "raw"), ("node-name", "seed"), ("read-only", "on"), ("file.driver", "file"), ("file.filename", plan.Directory.Seed)], "the cloud-init NoCloud seed")
            .Add("-device", "virtio-blk-pci,drive=seed,id=seed-device", "virtio, because cloud kernels have no driver for a CD-ROM");
    }

    /// <summary>The block nodes that a snapshot of the machine consists of: its disks, the root disk first, and UEFI's variables.</summary>
    public static IReadOnlyList<string> SnapshotNodes(MachinePlan plan) =>
        [.. plan.Disks.Select(NodeName), .. plan.Firmware is FirmwarePlan.Uefi ? [VarsNode] : Array.Empty<string>()];

    /// <summary>The disk that QEMU means by a block node of ours; null where it is none.</summary>
    public static DiskPlan? FindDisk(MachinePlan plan, string node) => plan.Disks.FirstOrDefault(disk => NodeName(disk) == node);

    /// <summary>The block node that a disk's device was made with; null where the device is no disk.</summary>
    internal static string? NodeOf(string device) => device.EndsWith(DeviceSuffix, StringComparison.Ordinal) ? device[..^DeviceSuffix.Length] : null;

    /// <summary>Boot index 0 is taken where a kernel is handed over directly: its option ROM has it.</summary>
    private static void AddDisk(QemuArguments arguments, DiskPlan disk, bool isRoot) => arguments
        .AddOption(
            "-blockdev",
            null,
            [("driver", "qcow2"), ("node-name", NodeName(disk)), ("discard", "unmap"), ("detect-zeroes", "unmap"), ("file.driver", "file"), ("file.filename", disk.Path), ("file.discard", "unmap")],
            isRoot ? "the root disk, an overlay over the image; what the guest discards is given back to the host" : $"the extra disk {disk.Name}")
        .AddOption(
            "-device",
            "virtio-blk-pci",
            [("drive", NodeName(disk)), ("id", NodeName(disk) + DeviceSuffix), ("serial", disk.Name), ("bootindex", isRoot ? "1" : null)],
            isRoot ? "virtio, the fastest disk; booted first" : $"found by the guest as /dev/disk/by-id/virtio-{disk.Name}");

    /// <summary>QEMU's node names start with a letter and have at most 31 characters.</summary>
    /// <summary>A disk's block node.</summary>
    public static string NodeName(DiskPlan disk) => "disk-" + disk.Name;
}
