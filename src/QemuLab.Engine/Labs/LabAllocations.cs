using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>
/// What was chosen for a lab where its file leaves the choice open. Stored with the lab, so that a machine keeps its address
/// and port for life, whatever else changes.
/// </summary>
public sealed record LabAllocations
{
    public static readonly LabAllocations None = new();

    /// <summary>CIDR; null before the first plan.</summary>
    public string? Subnet { get; init; }

    /// <summary>Machine to IPv4 address.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string>();

    /// <summary>Machine to the port of 127.0.0.1 that leads to its port 22.</summary>
    public IReadOnlyDictionary<string, int> SshPorts { get; init; } = new Dictionary<string, int>();

    /// <summary>Image asked for to image taken, where the first could not be had.</summary>
    public IReadOnlyDictionary<string, string> ImageSubstitutes { get; init; } = new Dictionary<string, string>();

    /// <summary>The allocations that a plan has settled on.</summary>
    public static LabAllocations Of(LabPlan plan, IReadOnlyDictionary<string, string> imageSubstitutes) => new()
    {
        Subnet = plan.Network.Subnet.ToString(),
        Addresses = plan.Machines.ToDictionary(machine => machine.Name, machine => machine.Address.ToString()),
        SshPorts = plan.Machines.ToDictionary(machine => machine.Name, machine => machine.SshPort),
        ImageSubstitutes = imageSubstitutes,
    };

    public Subnet? ParsedSubnet => Networks.Subnet.TryParse(Subnet, out Subnet subnet) ? subnet : null;
}
