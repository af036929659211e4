using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The text for <c>nft -f -</c> that a network stands on: one table in the inet family (masquerade, published ports, what may
/// be forwarded) and one in the bridge family (what a machine may send, and what is made worse on purpose). Each is replaced
/// whole, in one transaction, so that there is no moment without rules and no difference between the first and the tenth time.
/// </summary>
internal static class NftablesRuleset
{
    /// <summary>All rules of the network.</summary>
    /// <param name="network">On a bridge of ours, or of somebody else: then our ports alone have rules.</param>
    /// <param name="machines">The connected ones.</param>
    /// <param name="impairments">Links and pairs; of machines that are not connected too.</param>
    public static string For(NetworkPlan network, IReadOnlyList<MachineConnection> machines, NetworkImpairments impairments)
    {
        var text = new NftText();
        if (network.Mode == NetworkMode.Bridge)
        {
            text.Replace("inet", InterfaceNames.Table(network), () =>
            {
                WriteLoopbackGuard(text, network);
                WritePublished(text, network, machines);
                WriteForward(text, network.Bridge!);
                WriteMasquerade(text, network);
            });
        }

        text.Replace("bridge", InterfaceNames.Table(network), () =>
        {
            SourceRules.Write(text, network, machines);
            ImpairmentRules.Write(text, network, impairments);
        });
        return text.ToString();
    }

    /// <summary>Takes the tables away; nothing happens where there are none.</summary>
    public static string Removal(NetworkPlan network)
    {
        var text = new NftText();
        text.Remove("inet", InterfaceNames.Table(network));
        text.Remove("bridge", InterfaceNames.Table(network));
        return text.ToString();
    }

    /// <summary>
    /// The bridge routes 127.0.0.1 for published ports; without this a machine could reach what listens there alone. And what the
    /// host sent to a virtual IP comes back over the bridge when the gateway passes it on: where IP rules see bridged packets
    /// (br_netfilter, as with Docker), the connection that a published port made would be taken for a second one, and renamed.
    /// </summary>
    private static void WriteLoopbackGuard(NftText text, NetworkPlan network) => text.Chain("loopback", "type filter hook prerouting priority raw; policy accept;", () =>
    {
        text.Line($"iifname \"{network.Bridge}\" ip daddr 127.0.0.0/8 counter drop");
        text.Line($"iifname \"{network.Bridge}\" ip saddr {network.Subnet.Address(1)} ip daddr {network.Subnet} notrack");
    });

    private static void WritePublished(NftText text, NetworkPlan network, IReadOnlyList<MachineConnection> machines)
    {
        text.Chain("published", null, () =>
        {
            foreach (MachineConnection machine in machines)
            {
                foreach (PortForward forward in machine.Forwards)
                {
                    text.Line(Publish(network, machine, forward));
                }
            }

            foreach (BalancedPort balanced in network.Balanced)
            {
                MachineConnection[] targets = [.. machines.Where(machine => balanced.Machines.Contains(machine.Name))];
                if (targets.Length > 0)
                {
                    text.Line(Balance(balanced.Port, targets));
                }
            }
        });
        text.Chain("prerouting", "type nat hook prerouting priority dstnat; policy accept;", () => text.Line("jump published"));
        text.Chain("output", "type nat hook output priority -100; policy accept;", () => text.Line("jump published"));
    }

    /// <summary>One connection after the other to the next machine. Reads as nft itself prints it.</summary>
    private static string Balance(PortForward port, MachineConnection[] targets)
    {
        string match = port.HostAddress.Equals(IPAddress.Any) ? "meta nfproto ipv4 fib daddr type local" : $"ip daddr {port.HostAddress}";
        string map = string.Join(", ", targets.Select((machine, i) => string.Create(CultureInfo.InvariantCulture, $"{i} : {machine.Address} . {port.GuestPort}")));
        string protocol = port.Protocol == TransportProtocol.Udp ? "udp" : "tcp";
        return string.Create(CultureInfo.InvariantCulture, $"{match} {protocol} dport {port.HostPort} dnat ip addr . port to numgen inc mod {targets.Length} map {{ {map} }}");
    }

    private static string Publish(NetworkPlan network, MachineConnection machine, PortForward forward)
    {
        bool v6 = forward.HostAddress.AddressFamily == AddressFamily.InterNetworkV6;
        if (v6 && (network.Gateway6 is null || forward.HostAddress.Equals(IPAddress.IPv6Loopback)))
        {
            throw new QemuLabException(ErrorKind.Usage, "not-supported", $"{forward} of {machine.Name} cannot be published: {(network.Gateway6 is null ? "the network has no IPv6" : "Linux does not route ::1")}", "publish it on 127.0.0.1 or 0.0.0.0");
        }

        string family = v6 ? "ip6" : "ip";
        bool any = forward.HostAddress.Equals(IPAddress.Any) || forward.HostAddress.Equals(IPAddress.IPv6Any);
        string match = any ? $"meta nfproto {(v6 ? "ipv6" : "ipv4")} fib daddr type local" : $"{family} daddr {forward.HostAddress}";
        string target = v6 ? $"[{network.Address6(machine.Address)}]" : (forward.GuestAddress ?? machine.Address).ToString();
        string protocol = forward.Protocol == TransportProtocol.Udp ? "udp" : "tcp";
        return string.Create(CultureInfo.InvariantCulture, $"{match} {protocol} dport {forward.HostPort} dnat {family} to {target}:{forward.GuestPort}");
    }

    /// <summary>
    /// Machines reach the outside; from the outside comes what answers them and what is published. Labs do not see each
    /// other: what goes from one bridge of ours to another is dropped.
    /// </summary>
    private static void WriteForward(NftText text, string bridge) => text.Chain("forward", "type filter hook forward priority filter; policy accept;", () =>
    {
        text.Line($"iifname \"{bridge}\" oifname \"{bridge}\" accept");
        text.Line($"iifname \"{bridge}\" oifname \"{InterfaceNames.BridgePrefix}*\" counter drop");
        text.Line($"iifname \"{InterfaceNames.BridgePrefix}*\" oifname \"{bridge}\" counter drop");
        text.Line($"iifname \"{bridge}\" accept");
        text.Line($"oifname \"{bridge}\" ct state established,related accept");
        text.Line($"oifname \"{bridge}\" ct status dnat accept");
        text.Line($"oifname \"{bridge}\" counter drop");
    });

    private static void WriteMasquerade(NftText text, NetworkPlan network) => text.Chain("postrouting", "type nat hook postrouting priority srcnat; policy accept;", () =>
    {
        string bridge = network.Bridge!;
        string subnet = network.Subnet.ToString();
        string[] networks = [subnet, .. network.Routes.Select(route => route.To.ToString()).Distinct()];
        string own = string.Join(", ", networks);
        // From the host to a published port of 127.0.0.1, and from machine to machine by way of a published port.
        text.Line($"oifname \"{bridge}\" ip saddr 127.0.0.0/8 masquerade");
        text.Line($"oifname \"{bridge}\" ct status dnat ip saddr {subnet} masquerade");
        foreach (string source in networks)
        {
            text.Line($"oifname != \"{bridge}\" ip saddr {source} ip daddr != {(networks.Length == 1 ? own : $"{{ {own} }}")} masquerade");
        }

        if (network.Gateway6 is not null)
        {
            text.Line($"oifname \"{bridge}\" ct status dnat ip6 saddr {network.Prefix6}/64 masquerade");
            text.Line($"oifname != \"{bridge}\" ip6 saddr {network.Prefix6}/64 ip6 daddr != {network.Prefix6}/64 masquerade");
        }
    });
}
