using System.Net;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Machines;

/// <summary>A machine as decided: everything that its command line, its disks and its seed are made from.</summary>
public sealed record MachinePlan
{
    public required string Lab { get; init; }

    public required MachineSpec Spec { get; init; }

    /// <summary>SMBIOS UUID and the uuid that QMP answers; a function of lab and machine name.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>On the lab's first network first.</summary>
    public required IReadOnlyList<NicPlan> Nics { get; init; }

    public MacAddress Mac => Nics[0].Mac;

    public IPAddress Address => Nics[0].Address;

    /// <summary>The port of 127.0.0.1 that leads to the machine's port 22, where the host is not on its network.</summary>
    public required int SshPort { get; init; }

    /// <summary>Where the host reaches the machine's SSH server.</summary>
    public IPEndPoint SshEndpoint => Nics[0].Network.HostIsOnIt ? new IPEndPoint(Address, 22) : new IPEndPoint(IPAddress.Loopback, SshPort);

    /// <summary>The user that QemuLab makes and logs in as.</summary>
    public required string LoginUser { get; init; }

    /// <summary>The login user's shell.</summary>
    public required string Shell { get; init; }

    /// <summary>Whether its image installs the packages that user-data names.</summary>
    public bool InstallsPackages { get; init; } = true;

    /// <summary>What it does for the lab's virtual IP; null where it does nothing for it.</summary>
    public VirtualIpPart? VirtualIp { get; init; }

    public required AcceleratorFacts Accelerator { get; init; }

    public required string CpuModel { get; init; }

    public required FirmwarePlan Firmware { get; init; }

    /// <summary>The root disk first.</summary>
    public required IReadOnlyList<DiskPlan> Disks { get; init; }

    public required MachineDirectory Directory { get; init; }

    public string Name => Spec.Name.Value;
}
