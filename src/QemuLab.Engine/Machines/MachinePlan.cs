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

    public required MacAddress Mac { get; init; }

    public required IPAddress Address { get; init; }

    /// <summary>The port of 127.0.0.1 that leads to the machine's port 22.</summary>
    public required int SshPort { get; init; }

    /// <summary>The user that QemuLab makes and logs in as.</summary>
    public required string LoginUser { get; init; }

    /// <summary>The login user's shell.</summary>
    public required string Shell { get; init; }

    public required AcceleratorFacts Accelerator { get; init; }

    public required string CpuModel { get; init; }

    public required FirmwarePlan Firmware { get; init; }

    /// <summary>The root disk first.</summary>
    public required IReadOnlyList<DiskPlan> Disks { get; init; }

    public required MachineDirectory Directory { get; init; }

    public string Name => Spec.Name.Value;
}
