using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>The network that the lab file asks for.</summary>
public sealed record NetworkSpec
{
    /// <summary>Null: the planner chooses a free /24.</summary>
    public Subnet? Subnet { get; init; }

    /// <summary>The domain of the machines' full names, <c>control0.DOMAIN</c>; null: <c>LAB.lab</c>.</summary>
    public string? Domain { get; init; }
}

/// <summary>A host port that leads to a machine's port: <c>"8080:80"</c>, <c>"127.0.0.1:5353:53/udp"</c>.</summary>
/// <param name="HostAddress">Where the host listens; 127.0.0.1 unless asked otherwise.</param>
/// <param name="HostPort">1 to 65535.</param>
/// <param name="GuestPort">1 to 65535.</param>
/// <param name="Protocol">tcp or udp.</param>
public sealed record PortForward(IPAddress HostAddress, int HostPort, int GuestPort, TransportProtocol Protocol)
{
    public override string ToString() => $"{HostAddress}:{HostPort}:{GuestPort}/{(Protocol == TransportProtocol.Udp ? "udp" : "tcp")}";
}

public enum TransportProtocol
{
    Tcp,
    Udp,
}
