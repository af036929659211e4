using System.Net;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Decides a lab's networks: mode, subnet, names and every machine's NICs on them.</summary>
internal static class NetworkPlanner
{
    /// <summary>The networks, the main one first, and each machine's NICs by its name.</summary>
    /// <exception cref="QemuLabException">A mode cannot be had on this host, or a subnet is taken or has no room.</exception>
    public static (IReadOnlyList<NetworkPlan> Networks, IReadOnlyDictionary<string, IReadOnlyList<NicPlan>> Nics) For(Lab lab, PlanContext context)
    {
        var networks = new List<NetworkPlan>();
        var nics = lab.Machines.ToDictionary(machine => machine.Name.Value, _ => new List<NicPlan>());
        foreach (NetworkSpec spec in lab.Networks)
        {
            NetworkPlan network = Frame(lab, spec, context, networks);
            IReadOnlyDictionary<string, IPAddress> addresses = AddressChoice.For(lab, spec, network, context.Allocations);
            network = network with
            {
                Routes = [.. spec.Routes.Select(route => new NetworkRoute(route.To, addresses.GetValueOrDefault(route.Via) ?? Via(route, network)))],
                Hosts = [.. from machine in lab.Machines
                            let name = machine.Name.Value
                            where addresses.ContainsKey(name)
                            select new NetworkHost(name, addresses[name], MacAddress.For(lab.Name.Value, name, NumberOf(machine, network)))],
            };
            network = network.IsMain ? BalancedPorts.On(VirtualIpChoice.Named(lab.VirtualIp, network), lab.Published) : network;
            networks.Add(network);
            foreach (NetworkHost host in network.Hosts)
            {
                nics[host.Name].Add(new NicPlan(network, host.Mac, host.Address)
                {
                    Tap = network.Mode.UsesTaps() ? InterfaceNames.Tap(lab.Name.Value, network.Network, host.Name) : null,
                });
            }
        }

        return (networks, nics.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<NicPlan>)[.. pair.Value.OrderBy(nic => NumberOf(Spec(lab, pair.Key), nic.Network))]));
    }

    public static string DomainOf(Lab lab, NetworkSpec spec) => spec.Domain ?? (spec.Name == NetworkPlan.MainName ? $"{lab.Name}.lab" : $"{spec.Name}.{lab.Name}.lab");

    private static NetworkPlan Frame(Lab lab, NetworkSpec spec, PlanContext context, IReadOnlyList<NetworkPlan> siblings)
    {
        (NetworkMode mode, string? reason) = NetworkModeChoice.For(lab, spec, context);
        string name = lab.Name.Value, domain = DomainOf(lab, spec);
        string? bridge = mode switch
        {
            NetworkMode.Bridge => InterfaceNames.Bridge(name, spec.Name),
            NetworkMode.Existing => spec.Bridge,
            _ => null,
        };
        return new NetworkPlan
        {
            Lab = name,
            Network = spec.Name,
            Mode = mode,
            ModeReason = reason,
            Subnet = SubnetChoice.For(lab, spec, mode, bridge, context, siblings),
            Prefix6 = spec.Prefix6 is { } prefix && mode is not (NetworkMode.User or NetworkMode.Isolated) ? prefix.Equals(IPAddress.IPv6Any) ? DerivedPrefix6(name, spec.Name) : prefix : null,
            Domain = domain,
            Mtu = spec.Mtu,
            Bridge = bridge,
            Interface = spec.Interface,
            Dhcp = spec.Dhcp,
            Records = [.. spec.Records.Select(record => record with { Name = FullName(record.Name, domain) })],
            Paths = context.Paths.Network(name, spec.Name),
        };
    }

    /// <summary>A name without a dot, or with the wildcard's only, is in the domain.</summary>
    private static string FullName(string name, string domain) => name.Replace("*.", "", StringComparison.Ordinal).Contains('.') ? name : $"{name}.{domain}";

    /// <summary>fd00::/8 with 56 bits of SHA-256 over the names (RFC 4193 asks for randomness; the same lab must get the same).</summary>
    private static IPAddress DerivedPrefix6(string lab, string network)
    {
        byte[] bytes = new byte[16];
        bytes[0] = 0xfd;
        SHA256.HashData(Encoding.UTF8.GetBytes($"prefix6/{lab}/{network}")).AsSpan(0, 7).CopyTo(bytes.AsSpan(1));
        return new IPAddress(bytes);
    }

    /// <summary>The NIC's number in its machine: 0 on the main network, then as the file lists them.</summary>
    private static int NumberOf(MachineSpec machine, NetworkPlan network) =>
        network.IsMain ? 0 : machine.Nics.TakeWhile(nic => nic.Network != network.Network).Count() + 1;

    private static MachineSpec Spec(Lab lab, string name) => lab.Machines.First(machine => machine.Name.Value == name);

    private static IPAddress Via(RouteSpec route, NetworkPlan network) => Subnet.TryParseAddress(route.Via, out IPAddress? address)
        ? address
        : throw new QemuLabException(ErrorKind.Usage, "route-via-unknown", $"the route to {route.To} of network {network.Network} leads by {route.Via}, which is not on that network", "give the machine a NIC on it: networks: [{ name: … }]");
}
