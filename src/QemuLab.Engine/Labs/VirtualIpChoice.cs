using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Decides a virtual IP: the machines that are asked for, with the addresses that they were given.</summary>
internal static class VirtualIpChoice
{
    public static VirtualIp? For(VirtualIpSpec? spec, IReadOnlyDictionary<string, IPAddress> addresses) => spec is null ? null : new VirtualIp
    {
        Address = spec.Address,
        Port = spec.Port,
        HostPort = spec.HostPort,
        Name = spec.Name,
        Gateways = [.. spec.Gateways.Select(machine => new VirtualIpGateway(machine, addresses[machine]))],
        Backends = [.. spec.Backends.Select(machine => new VirtualIpBackend(machine, addresses[machine], spec.Weights.GetValueOrDefault(machine, 1)))],
        Scheduler = spec.Scheduler,
        Check = spec.Check,
    };

    /// <summary>The network with the virtual IP's name among its records.</summary>
    /// <exception cref="QemuLabException">The network may give the address to a machine without a fixed one.</exception>
    public static NetworkPlan Named(VirtualIpSpec? spec, NetworkPlan network)
    {
        if (spec is null)
        {
            return network;
        }

        return network.Dhcp?.Range.Contains(spec.Address) == true
            ? throw new QemuLabException(ErrorKind.Usage, "address-handed-out", $"the virtual IP {spec.Address} is in {network.Dhcp.Range}, which DHCP hands out", "take an address outside of it")
            : network with { Records = [.. network.Records, new NameRecord($"{spec.Name}.{network.Domain}", spec.Address)] };
    }
}
