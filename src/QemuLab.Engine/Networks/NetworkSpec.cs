using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>A network that the lab file asks for.</summary>
public sealed record NetworkSpec
{
    public string Name { get; init; } = NetworkPlan.MainName;

    public NetworkMode Mode { get; init; } = NetworkMode.User;

    /// <summary>Null: the planner chooses a free /24.</summary>
    public Subnet? Subnet { get; init; }

    /// <summary>A unique local /64; the unspecified address: one is derived from the names; null: IPv4 only.</summary>
    public IPAddress? Prefix6 { get; init; }

    /// <summary>The domain of the machines' full names, <c>control0.DOMAIN</c>; null: <c>LAB.lab</c>.</summary>
    public string? Domain { get; init; }

    public int Mtu { get; init; } = 1500;

    /// <summary>Of mode existing.</summary>
    public string? Bridge { get; init; }

    /// <summary>Of modes vmnet-bridged and socket_vmnet.</summary>
    public string? Interface { get; init; }

    public DhcpPlan? Dhcp { get; init; }

    /// <summary>Kept free: no machine gets an address in it.</summary>
    public AddressRange? LoadBalancer { get; init; }

    /// <summary>Names as written: without a dot they are in the domain.</summary>
    public IReadOnlyList<NameRecord> Records { get; init; } = [];

    public IReadOnlyList<RouteSpec> Routes { get; init; } = [];
}

/// <summary>A network behind a machine.</summary>
/// <param name="Via">A machine's name, or an address of the subnet.</param>
public sealed record RouteSpec(Subnet To, string Via);

/// <summary>A host port that leads to a machine's port: <c>"8080:80"</c>, <c>"127.0.0.1:5353:53/udp"</c>.</summary>
/// <param name="HostAddress">Where the host listens; 127.0.0.1 unless asked otherwise.</param>
/// <param name="HostPort">1 to 65535.</param>
/// <param name="GuestPort">1 to 65535.</param>
/// <param name="Protocol">tcp or udp.</param>
public sealed record PortForward(IPAddress HostAddress, int HostPort, int GuestPort, TransportProtocol Protocol)
{
    /// <summary>Where it leads instead of the machine's own address: a virtual IP; null: to the machine.</summary>
    public IPAddress? GuestAddress { get; init; }

    public override string ToString() => $"{HostAddress}:{HostPort}:{GuestPort}/{(Protocol == TransportProtocol.Udp ? "udp" : "tcp")}";
}

public enum TransportProtocol
{
    Tcp,
    Udp,
}
