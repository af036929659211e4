using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Machines;

/// <summary>A NIC of a machine as decided.</summary>
/// <param name="Network">The plan of the network that it is on.</param>
/// <param name="Mac">A function of lab, machine and the NIC's number.</param>
/// <param name="Address">Fixed, in the network's subnet.</param>
public sealed record NicPlan(NetworkPlan Network, MacAddress Mac, IPAddress Address)
{
    /// <summary>The prefix of the network with the last two bytes of the IPv4 address as its last group; null without IPv6.</summary>
    public IPAddress? Address6 => Network.Address6(Address);

    /// <summary>The tap that it is on in modes with a bridge, at most 15 bytes; null in the others.</summary>
    public string? Tap { get; init; }
}
