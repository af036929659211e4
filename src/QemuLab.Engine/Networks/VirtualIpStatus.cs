namespace QemuLab.Engine.Networks;

/// <summary>A lab's virtual IP as its gateways' kernels see it now.</summary>
/// <param name="Address">With the port: <c>10.77.0.100:6443</c>.</param>
/// <param name="Name">Fully qualified.</param>
public sealed record VirtualIpStatus(string Lab, string Address, string Name, string Scheduler, IReadOnlyList<VirtualIpGatewayStatus> Gateways);

/// <param name="Machine">Its name.</param>
/// <param name="State">What it is for VRRP.</param>
/// <param name="Reason">Why it could not be asked; else null.</param>
/// <param name="Backends">In the lab file's order; empty where it could not be asked.</param>
public sealed record VirtualIpGatewayStatus(string Machine, VirtualIpGatewayState State, string? Reason, IReadOnlyList<VirtualIpBackendStatus> Backends);

/// <summary>What a gateway is for VRRP.</summary>
public enum VirtualIpGatewayState
{
    /// <summary>It has the address: it answers ARP and balances.</summary>
    Master,

    /// <summary>It would take over.</summary>
    Backup,

    /// <summary>keepalived does not run.</summary>
    Stopped,

    /// <summary>It is not up, or does not let itself be asked.</summary>
    Unreachable,
}

/// <param name="Machine">Its name.</param>
/// <param name="Address">With the port.</param>
/// <param name="Weight">0: it gets no new connections.</param>
/// <param name="ActiveConnections">As IPVS counts them: established, going by what the clients send.</param>
/// <param name="InactiveConnections">Those that are ending or have ended.</param>
public sealed record VirtualIpBackendStatus(string Machine, string Address, int Weight, VirtualIpBackendState State, int ActiveConnections, int InactiveConnections);

/// <summary>Whether a backend gets new connections, and why not.</summary>
public enum VirtualIpBackendState
{
    Up,

    /// <summary>Its check fails.</summary>
    Down,

    /// <summary>Somebody drained it.</summary>
    Drained,

    /// <summary>The kernel does not know it: IPVS is not set up.</summary>
    Absent,
}

/// <summary>A backend drained or put back.</summary>
/// <param name="Gateways">Those that were told.</param>
/// <param name="Missed">Those that were not, each with the reason.</param>
public sealed record VirtualIpDrain(string Lab, string Machine, bool Drained, IReadOnlyList<string> Gateways, IReadOnlyList<string> Missed);
