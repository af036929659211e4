using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>The virtual IP that the lab file asks for, groups already expanded to machines.</summary>
public sealed record VirtualIpSpec
{
    /// <summary>A port of the host's 127.0.0.1 that leads to it; null: none.</summary>
    public int? HostPort { get; init; }

    public required IPAddress Address { get; init; }

    public required int Port { get; init; }

    public required string Name { get; init; }

    /// <summary>Machines, the preferred one first.</summary>
    public required IReadOnlyList<string> Gateways { get; init; }

    public required IReadOnlyList<string> Backends { get; init; }

    public required string Scheduler { get; init; }

    /// <summary>IPVS's weights by machine; 1 where none is given.</summary>
    public IReadOnlyDictionary<string, int> Weights { get; init; } = new Dictionary<string, int>();

    public VirtualIpCheck Check { get; init; } = new();
}
