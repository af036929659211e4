using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Api;

/// <summary>Makes the API's record of the host.</summary>
internal static class ViewsOfHost
{
    public static HostView View(this HostFacts host) => new()
    {
        Platform = host.Platform.ToString(),
        Architecture = host.Architecture.ToString(),
        KernelRelease = host.KernelRelease,
        Cores = host.Cores,
        MemoryTotal = host.MemoryTotal.Bytes,
        MemoryAvailable = host.MemoryAvailable.Bytes,
        DiskFree = host.DiskFree.Bytes,
        OpenFilesLimit = host.Limits?.OpenFiles,
        OpenFiles = host.Limits?.OpenNow,
        ThreadsFree = host.Limits?.ThreadsFree,
        Qemu = host.Qemu is { } qemu ? new QemuView(qemu.SystemPath, qemu.ImgPath, qemu.Version.ToString()) : null,
        Accelerator = host.Accelerator?.View(),
        Uefi = host.Uefi is { } uefi ? new FirmwareView(uefi.Code, uefi.VarsTemplate, uefi.Source) : null,
        FirmwareTried = host.FirmwareTried,
        SubnetsInUse = [.. host.SubnetsInUse.Select(use => use.Subnet.ToString())],
    };

    public static AcceleratorView View(this AcceleratorFacts accelerator) =>
        new(accelerator.Name, accelerator.CpuModel, accelerator.FallbackReason, accelerator.Brief, accelerator.Hint);
}
