using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>
/// A network of a lab as decided. The first three addresses of the subnet are the lab's own: .1 is the host on a bridge; in
/// user mode slirp answers at .2 (the host, and the default gateway) and .3 (DNS).
/// </summary>
public sealed record NetworkPlan
{
    /// <summary>The name of a lab's first network.</summary>
    public const string MainName = "lan";

    public required string Lab { get; init; }

    /// <summary><see cref="MainName"/>, or the name that the lab file gives a further network.</summary>
    public string Network { get; init; } = MainName;

    /// <summary>What the network's processes, tables and messages are called: the lab's name, with the network's for further ones.</summary>
    public string Name => IsMain ? Lab : $"{Lab}-{Network}";

    public bool IsMain => Network == MainName;

    /// <summary>Never <see cref="NetworkMode.Auto"/>.</summary>
    public NetworkMode Mode { get; init; } = NetworkMode.User;

    /// <summary>Why this mode, where the file asked for auto; null where it asked for the mode itself.</summary>
    public string? ModeReason { get; init; }

    public required Subnet Subnet { get; init; }

    /// <summary>A unique local /64 (RFC 4193) such as <c>fd12:3456:789a:1::</c>; null: IPv4 only.</summary>
    public IPAddress? Prefix6 { get; init; }

    public required string Domain { get; init; }

    /// <summary>Bytes of an IP packet.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>The Linux bridge that the taps are on; null in modes without one.</summary>
    public string? Bridge { get; init; }

    /// <summary>The physical interface of vmnet-bridged, or the path of socket_vmnet's socket.</summary>
    public string? Interface { get; init; }

    /// <summary>What DHCP hands out to machines without a fixed address; null: no such machines are expected.</summary>
    public DhcpPlan? Dhcp { get; init; }

    /// <summary>Every machine that is on it, with its fixed address here: what the network's DNS and DHCP know.</summary>
    public IReadOnlyList<NetworkHost> Hosts { get; init; } = [];

    /// <summary>Names beside the machines' own, fully qualified and in lower case, a leading <c>*.</c> for all below; in the file's order.</summary>
    public IReadOnlyList<NameRecord> Records { get; init; } = [];

    /// <summary>Networks behind machines, such as the pods of a node.</summary>
    public IReadOnlyList<NetworkRoute> Routes { get; init; } = [];

    /// <summary>Host ports that lead to several machines in turn.</summary>
    public IReadOnlyList<BalancedPort> Balanced { get; init; } = [];

    /// <summary>Whether machines reach the outside, and by which address.</summary>
    public IPAddress? Gateway => Mode switch
    {
        NetworkMode.Isolated => null,
        NetworkMode.User => Subnet.Address(2),
        _ => Subnet.Address(1),
    };

    /// <summary>The host's IPv6 address on the network; null without IPv6 or without a way out.</summary>
    public IPAddress? Gateway6 => Mode == NetworkMode.Bridge ? Address6(Subnet.Address(1)) : null;

    /// <summary>The IPv6 address that goes with an IPv4 address of the subnet: the prefix, and the IPv4 address's last 16 bits.</summary>
    public IPAddress? Address6(IPAddress address)
    {
        if (Prefix6 is null)
        {
            return null;
        }

        byte[] bytes = Prefix6.GetAddressBytes();
        address.GetAddressBytes().AsSpan(2, 2).CopyTo(bytes.AsSpan(14));
        return new IPAddress(bytes);
    }

    /// <summary>Where machines ask for names; null where nobody answers.</summary>
    public IPAddress? Dns => Mode switch
    {
        NetworkMode.User or NetworkMode.Isolated => Subnet.Address(3),
        _ => Subnet.Address(1),
    };

    /// <summary>Whether slirp runs beside the switch: as the way out, or for nothing but the way in to a lab's first network, by SSH.</summary>
    public bool HasUplink => Mode == NetworkMode.User || (Mode == NetworkMode.Isolated && IsMain);

    /// <summary>Whether the host has an address of its own in the subnet, so that it reaches the machines directly.</summary>
    public bool HostIsOnIt => Mode is NetworkMode.Bridge or NetworkMode.Existing or NetworkMode.VmnetShared or NetworkMode.VmnetHost or NetworkMode.VmnetBridged or NetworkMode.SocketVmnet;

    /// <summary>Where slirp's DHCP begins, for guests without cloud-init: the upper half, away from fixed addresses.</summary>
    public IPAddress DhcpStart => Dhcp?.Range.First ?? Subnet.Address((int)Math.Min(Subnet.UsableAddresses - 20, 200));

    public required NetworkPaths Paths { get; init; }
}

/// <summary>A machine as its network knows it.</summary>
/// <param name="Name">Its name without the domain.</param>
/// <param name="Address">Its fixed address on this network.</param>
/// <param name="Mac">Of its NIC on this network.</param>
public sealed record NetworkHost(string Name, IPAddress Address, MacAddress Mac);

/// <summary>What DHCP hands out.</summary>
/// <param name="Range">Given to machines that have no fixed address.</param>
/// <param name="Lease">How long an address is kept.</param>
/// <param name="Options">Further options: RFC 2132's number, and the value as dnsmasq writes it.</param>
public sealed record DhcpPlan(AddressRange Range, TimeSpan Lease, IReadOnlyList<DhcpOption> Options);

/// <summary>A DHCP option of RFC 2132.</summary>
public sealed record DhcpOption(int Number, string Value);

/// <summary>A name and the address that it stands for.</summary>
public sealed record NameRecord(string Name, IPAddress Address);

/// <summary>A network behind an address of the subnet.</summary>
public sealed record NetworkRoute(Subnet To, IPAddress Via);

/// <summary>The files of a running network; all sockets are short enough for <c>sun_path</c>.</summary>
/// <param name="Directory">run/LAB in QemuLab's home.</param>
public sealed record NetworkPaths(string Directory)
{
    /// <summary>The switch's control socket: one JSON request a line, one JSON answer a line.</summary>
    public string SwitchControl => Path.Combine(Directory, "switch.ctl");

    public string SwitchPid => Path.Combine(Directory, "switch.pid");

    /// <summary>Held by flock as long as the switch runs.</summary>
    public string SwitchLock => Path.Combine(Directory, "switch.lock");

    /// <summary>The names, the addresses and the impairments that a switch begins with.</summary>
    public string SwitchState => Path.Combine(Directory, "switch.json");

    /// <summary>Which addresses the switch's DHCP has given to machines that have no fixed one.</summary>
    public string Leases => Path.Combine(Directory, "leases.json");

    public string SwitchLog => Path.Combine(Directory, "switch.log");

    public string UplinkQmp => Path.Combine(Directory, "uplink.qmp");

    public string UplinkPid => Path.Combine(Directory, "uplink.pid");

    public string UplinkLog => Path.Combine(Directory, "uplink.log");

    /// <summary>Which machines are connected, and which processes serve them.</summary>
    public string Record => Path.Combine(Directory, "network.json");

    /// <summary>The datagram socket that the switch binds for one port.</summary>
    public string SwitchPort(string port) => Path.Combine(Directory, port + SwitchPortSuffix);

    /// <summary>The datagram socket that QEMU binds for one port.</summary>
    public string QemuPort(string port) => Path.Combine(Directory, port + QemuPortSuffix);

    public const string SwitchPortSuffix = ".s";

    public const string QemuPortSuffix = ".q";

    public string DnsmasqConfiguration => Path.Combine(Directory, "dnsmasq.conf");

    public string DnsmasqPid => Path.Combine(Directory, "dnsmasq.pid");

    public string DnsmasqLog => Path.Combine(Directory, "dnsmasq.log");

    public string DnsmasqLeases => Path.Combine(Directory, "dnsmasq.leases");

    /// <summary>What bridge mode has made on this host and must take away again.</summary>
    public string BridgeRecord => Path.Combine(Directory, "bridge.json");

    /// <summary>The name of the port that slirp is on; not a legal machine name, so that it cannot clash.</summary>
    public const string UplinkPort = "_up";
}
