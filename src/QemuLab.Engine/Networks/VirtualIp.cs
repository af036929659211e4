using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>
/// An address that several machines serve together: gateway machines answer ARP for it and balance by the kernel's IPVS in
/// direct-routing mode; the backends hold it on <c>lo</c> without answering ARP, and reply to clients themselves. So the port
/// is the same on both, and clients, gateways and backends share one network.
/// </summary>
public sealed record VirtualIp
{
    public required IPAddress Address { get; init; }

    /// <summary>1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>A port of the host's 127.0.0.1 that leads to it; null: none.</summary>
    public int? HostPort { get; init; }

    /// <summary>Its name in the lab's domain.</summary>
    public string Name { get; init; } = "vip";

    /// <summary>The machines that balance, the preferred one first; more than one fail over by VRRP (RFC 5798).</summary>
    public required IReadOnlyList<VirtualIpGateway> Gateways { get; init; }

    /// <summary>The machines that serve.</summary>
    public required IReadOnlyList<VirtualIpBackend> Backends { get; init; }

    /// <summary>IPVS's word: <c>rr</c>, <c>wrr</c>, <c>lc</c>, <c>wlc</c>, <c>sh</c>.</summary>
    public string Scheduler { get; init; } = "wrr";

    public VirtualIpCheck Check { get; init; } = new();

    /// <summary>The host's port that leads to it, kept with the preferred gateway; null: none.</summary>
    public PortForward? Published => HostPort is { } port ? PublishedAt(port, Port) with { GuestAddress = Address } : null;

    /// <summary>A virtual IP is published on the host's 127.0.0.1, for TCP.</summary>
    internal static PortForward PublishedAt(int hostPort, int port) => new(IPAddress.Loopback, hostPort, port, TransportProtocol.Tcp);

    /// <summary>What a machine does for it; null where it does nothing.</summary>
    public VirtualIpPart? PartOf(string machine) =>
        Gateways.Any(gateway => gateway.Machine == machine) ? new VirtualIpPart(this, VirtualIpRole.Gateway)
        : Backends.Any(backend => backend.Machine == machine) ? new VirtualIpPart(this, VirtualIpRole.Backend)
        : null;
}

/// <param name="Machine">Its name.</param>
/// <param name="Address">Its own address, that the other gateways' VRRP goes to.</param>
public sealed record VirtualIpGateway(string Machine, IPAddress Address);

/// <param name="Machine">Its name.</param>
/// <param name="Address">Its own address, that the gateway's checks go to.</param>
/// <param name="Weight">IPVS's weight while it is healthy, 1 to 65535.</param>
public sealed record VirtualIpBackend(string Machine, IPAddress Address, int Weight);

/// <summary>How a gateway asks a backend whether it can serve.</summary>
public sealed record VirtualIpCheck
{
    public VirtualIpCheckType Type { get; init; } = VirtualIpCheckType.Tcp;

    /// <summary>Of http and https: what to ask for.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Of http and https: a text that the answer must contain; null: status 200 is enough.</summary>
    public string? Body { get; init; }

    /// <summary>Of https: the PEM certificates to verify the backend with; null: it is not verified.</summary>
    public string? CaCertificates { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Good answers in a row that bring a backend back.</summary>
    public int Rise { get; init; } = 1;

    /// <summary>Bad answers in a row that take a backend out: weight 0, so that open connections live on.</summary>
    public int Fall { get; init; } = 2;
}

/// <summary>What a check speaks.</summary>
public enum VirtualIpCheckType
{
    /// <summary>A connection that is accepted is enough.</summary>
    Tcp,
    Http,
    Https,
}

/// <summary>What a machine does for a virtual IP.</summary>
public enum VirtualIpRole
{
    Gateway,
    Backend,
}

/// <summary>A machine's part in its lab's virtual IP.</summary>
public sealed record VirtualIpPart(VirtualIp Ip, VirtualIpRole Role);
