using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of <c>network</c>.</summary>
internal static class NetworkKeys
{
    public static Key<Subnet> Subnet { get; } = new(
        "subnet", Kinds.Subnet, Where.Network, "A private IPv4 network, /16 to /27. Its first three addresses and the last are the lab's own. Needed where machines have fixed addresses.");

    public static Key<string> Domain { get; } = new("domain", Kinds.Domain, Where.Network, "The domain of the machines' full names. Left out: LAB.lab.");

    public static IReadOnlyList<Key> All { get; } = [Subnet, Domain];
}
