using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>
/// What a machine may send through its tap: its own MAC, its own addresses, and what the lab file lets it have beside them.
/// Everything else, other protocols than ARP and IP among it, is counted and dropped.
/// </summary>
internal static class SourceRules
{
    public static void Write(NftText text, NetworkPlan network, IReadOnlyList<MachineConnection> machines)
    {
        foreach (MachineConnection machine in machines)
        {
            text.Chain(ChainOf(machine.Name), null, () => WriteMachine(text, network, machine));
        }

        text.Chain("prerouting", "type filter hook prerouting priority filter; policy accept;", () =>
        {
            foreach (MachineConnection machine in machines)
            {
                text.Line($"iifname \"{InterfaceNames.Tap(network, machine.Name)}\" jump {ChainOf(machine.Name)}");
            }
        });
    }

    private static string ChainOf(string machine) => "from-" + machine;

    private static void WriteMachine(NftText text, NetworkPlan network, MachineConnection machine)
    {
        IPAddress[] answered = Distinct([machine.Address, .. machine.SharedAddresses]);
        IPAddress[] sources = Distinct([.. answered, .. machine.HiddenAddresses]);
        text.Line($"ether saddr != {machine.Mac} counter drop");
        foreach (IPAddress source in sources.Where(IsV4))
        {
            text.Line($"ip saddr {source} return");
        }

        // Direct routing: a virtual IP's gateway passes on what clients sent there, with the clients' own addresses.
        foreach (IPAddress balanced in machine.SharedAddresses.Where(IsV4).Distinct())
        {
            text.Line($"ip daddr {balanced} return");
        }

        foreach (Subnet routed in machine.RoutedNetworks.Distinct())
        {
            text.Line($"ip saddr {routed} return");
        }

        // A machine that asks for an address has none yet; one that probes whether its address is free says 0.0.0.0.
        text.Line("ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 return");
        foreach (IPAddress sender in answered.Where(IsV4).Prepend(IPAddress.Any))
        {
            text.Line($"arp saddr ether {machine.Mac} arp saddr ip {sender} return");
        }

        WriteV6(text, network, machine, sources);
        text.Line("counter drop");
    }

    private static void WriteV6(NftText text, NetworkPlan network, MachineConnection machine, IPAddress[] sources)
    {
        if (network.Mode == NetworkMode.Existing && network.Prefix6 is null)
        {
            // On a network of somebody else's, addresses come from router advertisements: nobody knows them before.
            text.Line("meta protocol ip6 return");
            return;
        }

        IPAddress[] own = [.. sources.Where(source => !IsV4(source))];
        IPAddress[] all = network.Address6(machine.Address) is { } address6 ? Distinct([address6, .. own]) : own;
        // A neighbour advertisement speaks for its target, whatever its own source is; nft below 1.1 has no word for the target.
        text.Line("icmpv6 type nd-neighbor-advert @th,64,64 0xfe80000000000000 return");
        foreach (IPAddress target in all.Except(machine.HiddenAddresses))
        {
            text.Line($"icmpv6 type nd-neighbor-advert @th,64,128 0x{Convert.ToHexStringLower(target.GetAddressBytes())} return");
        }

        text.Line("icmpv6 type nd-neighbor-advert counter drop");
        text.Line("ip6 saddr fe80::/10 return");
        foreach (IPAddress source in all)
        {
            text.Line($"ip6 saddr {source} return");
        }

        text.Line("ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld-listener-done, mld2-listener-report } return");
    }

    private static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    private static IPAddress[] Distinct(IEnumerable<IPAddress> addresses) => [.. addresses.Distinct()];
}
