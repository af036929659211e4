using System.Net.Sockets;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>The published ports that a switch serves. Told by one thread; what they carry runs elsewhere.</summary>
internal sealed class PortBalancers(BalancerParts parts) : IDisposable
{
    private readonly Dictionary<string, IPortBalancer> balancers = [];

    /// <summary>Serves these and no others. What was there already goes on.</summary>
    /// <returns>Those that the host does not give, because somebody else has them; the others are served.</returns>
    /// <exception cref="FormatException">An address is none.</exception>
    public IReadOnlyList<PublishedPort> Set(IReadOnlyList<PublishedPort> ports)
    {
        foreach (string gone in balancers.Keys.Except(ports.Select(port => port.HostSide)).ToArray())
        {
            balancers.Remove(gone, out IPortBalancer? balancer);
            balancer!.Dispose();
        }

        return [.. ports.Where(port => !TrySet(port))];
    }

    public void Dispose() => Set([]);

    private bool TrySet(PublishedPort port)
    {
        if (balancers.TryGetValue(port.HostSide, out IPortBalancer? known))
        {
            known.Set(port.Backends);
            return true;
        }

        try
        {
            balancers[port.HostSide] = port.Protocol == TransportProtocol.Udp ? new UdpBalancer(port, parts) : new TcpBalancer(port, parts);
            return true;
        }
        catch (SocketException refused)
        {
            parts.Log($"{port.HostSide} cannot be served: {refused.Message}");
            return false;
        }
    }
}
