namespace QemuLab.Engine.Networks;

/// <summary>Whether what is there under the names that we need is ours; what is not, is left alone.</summary>
internal static class BridgeOwnership
{
    /// <summary>The bridge, or null where it has yet to be made.</summary>
    /// <exception cref="QemuLabException">It is somebody else's, or missing where it should be somebody else's.</exception>
    public static HostLink? Check(NetworkPlan network, IReadOnlyList<HostLink> links)
    {
        HostLink? bridge = links.FirstOrDefault(link => link.Name == network.Bridge);
        if (network.Mode == NetworkMode.Existing)
        {
            return bridge switch
            {
                null => throw new QemuLabException(ErrorKind.Failed, "bridge-missing", $"there is no bridge {network.Bridge} on this host, on which {network.Name} should be", $"make it, name another one of: {Bridges(links)}; or say 'mode: bridge' for one of our own"),
                { Kind: not "bridge" } => throw new QemuLabException(ErrorKind.Failed, "bridge-missing", $"{network.Bridge} is an interface and not a bridge", $"name one of: {Bridges(links)}"),
                _ => bridge,
            };
        }

        return bridge is null || bridge.Alias == InterfaceNames.Alias(network) || IsHalfMade(network, bridge)
            ? bridge
            : throw new QemuLabException(ErrorKind.Conflict, "bridge-not-ours", $"there is an interface {network.Bridge} already, and QemuLab has not made it for {network.Name}", $"rename the lab, or say 'mode: existing' to use it as it is; to see it, run: ip -d link show {network.Bridge}");
    }

    /// <exception cref="QemuLabException">There is an interface of the tap's name that we have not made.</exception>
    public static void CheckTap(NetworkPlan network, string machine, IReadOnlyList<HostLink> links)
    {
        string name = InterfaceNames.Tap(network, machine);
        HostLink? tap = links.FirstOrDefault(link => link.Name == name);
        bool recorded = BridgeRecord.Load(network.Paths)?.Ports.Any(port => port.Name == machine) == true;
        if (tap is not null && tap.Alias != InterfaceNames.Alias(network, machine) && !(recorded && tap is { Alias: null, Kind: "tun" }))
        {
            throw new QemuLabException(ErrorKind.Conflict, "tap-not-ours", $"there is an interface {name} already, and QemuLab has not made it for {machine} of {network.Name}", $"remove it (sudo ip link delete {name}), or rename the machine");
        }
    }

    /// <summary>Made by us, and we were killed before we could mark it.</summary>
    private static bool IsHalfMade(NetworkPlan network, HostLink bridge) =>
        bridge is { Alias: null, Kind: "bridge", IsUp: false, Addresses: [] } && BridgeRecord.Load(network.Paths) is not null;

    private static string Bridges(IReadOnlyList<HostLink> links) =>
        string.Join(", ", links.Where(link => link.Kind == "bridge").Select(link => link.Name).DefaultIfEmpty("(this host has no bridge)"));
}
