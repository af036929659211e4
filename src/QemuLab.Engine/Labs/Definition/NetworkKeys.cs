using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of <c>network</c>, and of each of <c>networks</c>.</summary>
internal static class NetworkKeys
{
    public static Key<NetworkMode> Mode { get; } = new(
        "mode",
        new NetworkModeKind(),
        Where.Network,
        "user: rootless, the default. bridge: a Linux bridge of its own with NAT, for which QemuLab needs rights. existing: taps on a bridge that is there. isolated: no way out. "
            + "auto: bridge where QemuLab may, user otherwise. On macOS also vmnet-shared, vmnet-host, vmnet-bridged and socket_vmnet.")
    { Default = "user" };

    public static Key<Subnet> Subnet { get; } = new(
        "subnet", Kinds.SubnetOrAuto, Where.Network, "A private IPv4 network, /16 to /27, or auto: a free /24 is chosen. Its first three addresses and the last are the lab's own. Needed where machines have fixed addresses.");

    public static Key<IPAddress> Ipv6 { get; } = new(
        "ipv6", Kinds.Prefix6, Where.Network, "A unique local /64 such as fd12:3456:789a:1::/64, or auto: one is derived from the lab's name. Machines have the last two bytes of their IPv4 address in it. Left out: IPv4 only. Not in user mode.");

    public static Key<string> Domain { get; } = new("domain", Kinds.Domain, Where.Network, "The domain of the machines' full names. Left out: LAB.lab.");

    public static Key<int> Mtu { get; } = new("mtu", Kinds.WholeNumber(576, 9216), Where.Network, "The largest IP packet, in bytes.") { Default = "1500" };

    public static Key<string> Bridge { get; } = new("bridge", Kinds.InterfaceName, Where.Network, "Of mode existing: the bridge that the machines are put on.");

    public static Key<string> Interface { get; } = new("interface", Kinds.OneLine, Where.Network, "Of mode vmnet-bridged: the physical interface, such as en0. Of socket_vmnet: its socket.");

    public static Key<Section> Dhcp { get; } = new("dhcp", Objects.Dhcp, Where.Network, "Addresses for machines without cloud-init. Machines of the lab that ask get their own.");

    public static Key<AddressRange> LoadBalancer { get; } = new(
        "loadBalancer", Kinds.Range, Where.Network, "Addresses that are kept free for the services of a cluster, such as 10.77.0.200-10.77.0.250.");

    public static Key<IReadOnlyList<Named<IPAddress>>> Records { get; } = new(
        "records",
        new MapKind<IPAddress>(Kinds.Address, "record", Kinds.RecordNameForm(), "host names; *. at the start stands for all names below"),
        Where.Network,
        "Further names and their addresses. A name without a dot is in the network's domain; *.apps is every name below it.");

    public static Key<IReadOnlyList<Located<Section>>> Routes { get; } = new(
        "routes", Kinds.ListOf(Objects.Route, "[{ to: 10.1.0.0/16, via: worker0 }]"), Where.Network, "Networks that lie behind machines, such as the pods of a node: for every machine, and on a bridge for the host.");

    public static IReadOnlyList<Key> All { get; } = [Mode, Subnet, Ipv6, Domain, Mtu, Bridge, Interface, Dhcp, LoadBalancer, Records, Routes];
}

/// <summary>The rows of <c>dhcp</c>.</summary>
internal static class DhcpKeys
{
    public static Key<AddressRange> Range { get; } = new("range", Kinds.Range, Where.Dhcp, "First and last address that are handed out: 10.77.0.100-10.77.0.149.") { IsRequired = true };

    public static Key<TimeSpan> Lease { get; } = new("lease", Kinds.Duration, Where.Dhcp, "How long an address is kept: 30m.") { Default = "60m" };

    public static Key<IReadOnlyList<Named<string>>> Options { get; } = new(
        "options",
        new MapKind<string>(Kinds.OneLine, "DHCP option", Kinds.DhcpOptionForm(), "a number from 1 to 254, or one of router, ntp-server, domain-search, tftp-server, bootfile-name, mtu"),
        Where.Dhcp,
        "Further DHCP options (RFC 2132), by number or name: { ntp-server: 10.77.0.10, 66: 10.77.0.10, bootfile-name: grubx64.efi }.");

    public static IReadOnlyList<Key> All { get; } = [Range, Lease, Options];
}

/// <summary>The rows of a route.</summary>
internal static class RouteKeys
{
    public static Key<Subnet> To { get; } = new("to", Kinds.Cidr, Where.Route, "The network: 10.1.0.0/16.") { IsRequired = true };

    public static Key<string> Via { get; } = new("via", Kinds.OneLine, Where.Route, "The machine that it lies behind, or an address of the subnet.") { IsRequired = true };

    public static IReadOnlyList<Key> All { get; } = [To, Via];
}

/// <summary>The rows of a machine's further NIC.</summary>
internal static class NicKeys
{
    public static Key<string> Name { get; } = new("name", Kinds.Matching(Kinds.NetworkNameForm(), "the name of one of the lab's networks"), Where.Nic, "One of the lab's networks.") { IsRequired = true };

    public static Key<IPAddress> Address { get; } = new("address", Kinds.Address, Where.Nic, "The fixed address; the machines of a group count up from it. Left out: the next free one.");

    public static IReadOnlyList<Key> All { get; } = [Name, Address];
}
