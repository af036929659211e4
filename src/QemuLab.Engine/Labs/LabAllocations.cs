using QemuLab.Engine.Machines;
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

    /// <summary>Further networks to CIDR.</summary>
    public IReadOnlyDictionary<string, string> Subnets { get; init; } = new Dictionary<string, string>();

    /// <summary>Networks that the file leaves to <c>auto</c>, to the mode that they became.</summary>
    public IReadOnlyDictionary<string, string> NetworkModes { get; init; } = new Dictionary<string, string>();

    /// <summary>Machine to IPv4 address; on a further network, MACHINE@NETWORK.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string>();

    /// <summary>Machine to the port of 127.0.0.1 that leads to its port 22.</summary>
    public IReadOnlyDictionary<string, int> SshPorts { get; init; } = new Dictionary<string, int>();

    /// <summary>Image asked for to image taken, where the first could not be had.</summary>
    public IReadOnlyDictionary<string, string> ImageSubstitutes { get; init; } = new Dictionary<string, string>();

    /// <summary>The allocations that a plan has settled on.</summary>
    /// <param name="plan">The newest plan.</param>
    /// <param name="imageSubstitutes">The images that stand in for others.</param>
    /// <param name="before">Earlier allocations; those of machines that the plan no longer has are kept while their disks are.</param>
    public static LabAllocations Of(LabPlan plan, IReadOnlyDictionary<string, string> imageSubstitutes, LabAllocations before)
    {
        var addresses = new Dictionary<string, string>(before.Addresses);
        foreach (MachinePlan machine in plan.Machines)
        {
            foreach (NicPlan nic in machine.Nics)
            {
                addresses[AddressKey(machine.Name, nic.Network.Network)] = nic.Address.ToString();
            }
        }

        return new LabAllocations
        {
            Subnet = plan.Network.Subnet.ToString(),
            Subnets = plan.Networks.Where(network => !network.IsMain).ToDictionary(network => network.Network, network => network.Subnet.ToString()),
            NetworkModes = plan.Networks.Where(network => network.ModeReason is not null).ToDictionary(network => network.Network, network => network.Mode.Word()),
            Addresses = addresses,
            SshPorts = before.WithSshPorts(plan).SshPorts,
            ImageSubstitutes = imageSubstitutes,
        };
    }

    /// <summary>The machines' SSH ports are anybody's.</summary>
    public LabAllocations WithoutSshPorts(IEnumerable<string> machines) => this with { SshPorts = SshPorts.ExceptBy(machines, port => port.Key).ToDictionary() };

    /// <summary>With the SSH ports of a plan; those of machines that it no longer has are kept.</summary>
    public LabAllocations WithSshPorts(LabPlan plan)
    {
        var ports = new Dictionary<string, int>(SshPorts);
        foreach (MachinePlan machine in plan.Machines)
        {
            ports[machine.Name] = machine.SshPort;
        }

        return this with { SshPorts = ports };
    }

    /// <summary>The subnet that the network had; null before the first plan.</summary>
    public Subnet? SubnetOf(string network) =>
        Networks.Subnet.TryParse(network == NetworkPlan.MainName ? Subnet : Subnets.GetValueOrDefault(network), out Subnet subnet) ? subnet : null;

    /// <summary>The address that the machine had on the network; null where it had none.</summary>
    public string? AddressOf(string machine, string network) => Addresses.GetValueOrDefault(AddressKey(machine, network));

    private static string AddressKey(string machine, string network) => network == NetworkPlan.MainName ? machine : $"{machine}@{network}";
}
