using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the files that a machine starts from: disks, UEFI variables, host key, seed. What is there already is kept.</summary>
internal sealed class MachineProvisioner(QemuImg images, SshFiles ssh)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="plan">The machine.</param>
    /// <param name="lab">Its lab, for the other machines' names.</param>
    /// <param name="renewSeed">Write the seed anew even where there is one.</param>
    /// <param name="cancellation">Stops between two files.</param>
    public async Task ProvisionAsync(MachinePlan plan, LabPlan lab, bool renewSeed, CancellationToken cancellation)
    {
        MachineDirectory directory = plan.Directory;
        Directory.CreateDirectory(directory.Path, OwnerOnly | UnixFileMode.UserExecute);
        await Task.WhenAll(plan.Disks.Select(disk => MakeDiskAsync(disk, cancellation)));
        if (plan.Firmware is FirmwarePlan.Uefi uefi && !File.Exists(uefi.Vars))
        {
            await images.ConvertAsync(uefi.VarsTemplate, uefi.Vars, cancellation);
        }

        if (renewSeed || !File.Exists(directory.Seed))
        {
            HostKeyPair hostKey = await ssh.HostKeyAsync(plan, cancellation);
            byte[] seed = SeedImage.Build(SeedContent.For(plan, lab, hostKey, await ssh.AuthorizedKeyAsync(cancellation)));
            AtomicFile.Write(directory.Seed, seed, OwnerOnly);
        }
    }

    private async Task MakeDiskAsync(DiskPlan disk, CancellationToken cancellation)
    {
        if (File.Exists(disk.Path))
        {
            // It grows with the lab file; it never shrinks, because what the guest has at its end would be lost.
            if (Qcow2Header.VirtualSize(disk.Path) is { } size && size < disk.Size)
            {
                await images.GrowAsync(disk.Path, disk.Size, cancellation);
            }

            return;
        }

        if (disk.BackingPath is { } image)
        {
            await images.CreateOverlayAsync(image, disk.Path, disk.Size, cancellation);
        }
        else
        {
            await images.CreateEmptyAsync(disk.Path, disk.Size, cancellation);
        }
    }
}
