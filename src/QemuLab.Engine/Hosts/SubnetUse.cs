using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Hosts;

/// <summary>An IPv4 network that something uses already.</summary>
/// <param name="Holder">For people: <c>lab demo</c>, <c>the host's interface docker0</c>.</param>
/// <param name="Interface">The host's interface; null where it is none.</param>
public sealed record SubnetUse(Subnet Subnet, string Holder, string? Interface = null)
{
    public static SubnetUse OfInterface(Subnet subnet, string name) => new(subnet, $"the host's interface {name}", name);
}
