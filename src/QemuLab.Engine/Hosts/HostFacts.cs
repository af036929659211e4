using System.Runtime.InteropServices;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Hosts;

public enum HostPlatform
{
    Linux,
    MacOS,
}

/// <summary>What this host can do, as found by <see cref="HostProbe"/>: everything that planning needs to know of the world.</summary>
public sealed record HostFacts
{
    public required HostPlatform Platform { get; init; }

    /// <summary>X64 or Arm64; guests have the same.</summary>
    public required Architecture Architecture { get; init; }

    public required string KernelRelease { get; init; }

    public required int Cores { get; init; }

    public required ByteSize MemoryTotal { get; init; }

    public required ByteSize MemoryAvailable { get; init; }

    /// <summary>Free space of the file system that QemuLab's home is on.</summary>
    public required ByteSize DiskFree { get; init; }

    /// <summary>Null where the system does not tell.</summary>
    public ProcessLimits? Limits { get; init; }

    /// <summary>Null where qemu-system-ARCH or qemu-img is not installed.</summary>
    public QemuFacts? Qemu { get; init; }

    /// <summary>Null where there is no QEMU to probe with.</summary>
    public AcceleratorFacts? Accelerator { get; init; }

    /// <summary>Null where none was found; <see cref="FirmwareTried"/> then says where it was looked for.</summary>
    public UefiFirmware? Uefi { get; init; }

    public IReadOnlyList<string> FirmwareTried { get; init; } = [];

    /// <summary>Networks that routes and interfaces of this host already use.</summary>
    public IReadOnlyList<SubnetUse> SubnetsInUse { get; init; } = [];

    /// <summary>Why QemuLab may make no bridges and taps here; null: it may.</summary>
    public string? BridgeRefusal { get; init; } = "this has not been looked at";

    /// <summary>What to do about <see cref="BridgeRefusal"/>.</summary>
    public string? BridgeRemedy { get; init; }

    /// <summary>Whether taps may be served by the kernel (vhost-net) instead of QEMU.</summary>
    public bool HasVhostNet { get; init; }

    /// <summary>The program that serves names and DHCP on bridges; null: it is not installed.</summary>
    public string? Dnsmasq { get; init; }
}

/// <summary>The QEMU that was found.</summary>
/// <param name="SystemPath">qemu-system-ARCH, absolute.</param>
/// <param name="ImgPath">qemu-img, absolute.</param>
/// <param name="Version">Such as 7.2.22.</param>
public sealed record QemuFacts(string SystemPath, string ImgPath, Version Version);

/// <summary>A UEFI firmware for this architecture: code and the variables' template, both raw flash images of QEMU's pflash.</summary>
/// <param name="Source">The descriptor file or table row that named it.</param>
public sealed record UefiFirmware(string Code, string VarsTemplate, string Source);
