using System.Globalization;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>The lines of <c>ip -batch</c> that bring the host from what is there to what should be; none where all is well.</summary>
internal static class LinkBatch
{
    /// <summary>The host itself speaks no IPv6 on a tap: it is the bridge's business. A kernel without IPv6 refuses the word.</summary>
    private static readonly string NoHostAddress = Socket.OSSupportsIPv6 ? " addrgenmode none" : "";

    /// <summary>The bridge with the host's addresses and the routes that lead through machines.</summary>
    public static IEnumerable<string> Bridge(NetworkPlan network, HostLink? found)
    {
        string bridge = network.Bridge!;
        if (found is null)
        {
            yield return $"link add dev {bridge} address {HostMac(network)} type bridge stp_state 0 forward_delay 0";
        }

        if (found?.Alias is null)
        {
            yield return $"link set dev {bridge} alias \"{InterfaceNames.Alias(network)}\"";
        }

        if (found is not { IsUp: true } || found.Mtu != network.Mtu)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"link set dev {bridge} mtu {network.Mtu} up");
        }

        string address = string.Create(CultureInfo.InvariantCulture, $"{network.Subnet.Address(1)}/{network.Subnet.PrefixLength}");
        if (found?.Addresses.Contains(address) != true)
        {
            yield return $"address replace {address} broadcast {network.Subnet.Broadcast} dev {bridge}";
        }

        // Without a port there is no carrier, and duplicate address detection would wait for one.
        if (network.Gateway6 is { } address6 && found?.Addresses.Contains($"{address6}/64") != true)
        {
            yield return $"address replace {address6}/64 dev {bridge} nodad";
        }

        foreach (NetworkRoute route in network.Routes)
        {
            yield return $"route replace {route.To} via {route.Via} dev {bridge}";
        }
    }

    /// <summary>A persistent tap that its owner may open without any rights, on the bridge before it is up.</summary>
    /// <param name="network">Whose bridge it goes to.</param>
    /// <param name="machine">Whose tap it is.</param>
    /// <param name="owner">The user that QEMU runs as.</param>
    /// <param name="found">What is there under its name: nothing, or a tap of ours.</param>
    public static IEnumerable<string> Tap(NetworkPlan network, string machine, TapOwner owner, HostLink? found)
    {
        string tap = InterfaceNames.Tap(network, machine);
        if (found is not null && !found.HasCarrier && !owner.Owns(found))
        {
            yield return $"link delete dev {tap}";
            found = null;
        }

        if (found is null)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"tuntap add dev {tap} mode tap user {owner.Id}");
        }

        string alias = InterfaceNames.Alias(network, machine);
        if (found is not { IsUp: true } || found.Alias != alias || found.Mtu != network.Mtu || found.Master != network.Bridge)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"link set dev {tap} alias \"{alias}\"{NoHostAddress} mtu {network.Mtu} master {network.Bridge} up");
        }
    }

    /// <summary>Removes interfaces; routes and addresses go with them.</summary>
    public static IEnumerable<string> Remove(IEnumerable<HostLink> links) => links.Select(link => $"link delete dev {link.Name}");

    /// <summary>Fixed, so that machines need not ask anew for .1 when a tap with a lower MAC joins.</summary>
    public static MacAddress HostMac(NetworkPlan network) => MacAddress.For(network.Lab, network.Network, -1);
}
