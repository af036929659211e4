using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>A host port that a switch serves, and the machines behind it; in plain words for its control socket and its file.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="HostAddress">Where the host listens.</param>
/// <param name="HostPort">Of the host.</param>
/// <param name="Backends">The connected machines, in the order of their turns.</param>
public sealed record PublishedPort(TransportProtocol Protocol, string HostAddress, int HostPort, IReadOnlyList<PublishedBackend> Backends)
{
    /// <summary>What tells it from others.</summary>
    [JsonIgnore]
    public string HostSide => string.Create(CultureInfo.InvariantCulture, $"{HostAddress}:{HostPort}/{(Protocol == TransportProtocol.Udp ? "udp" : "tcp")}");

    /// <exception cref="FormatException">The address is none, or the port is not one.</exception>
    [JsonIgnore]
    public IPEndPoint EndPoint => HostPort is > 0 and <= IPEndPoint.MaxPort
        ? new IPEndPoint(IPAddress.Parse(HostAddress), HostPort)
        : throw new FormatException($"{HostPort} is not a port");
}

/// <summary>A machine behind a published port, and the way to it.</summary>
/// <param name="Machine">Its name, and its port's on the switch.</param>
/// <param name="Address">Its address on the network.</param>
/// <param name="GuestPort">Where it serves.</param>
/// <param name="ForwardPort">The port of 127.0.0.1 from which slirp leads there.</param>
public sealed record PublishedBackend(string Machine, string Address, int GuestPort, int ForwardPort);
