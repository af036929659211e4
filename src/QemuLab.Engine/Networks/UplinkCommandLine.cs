namespace QemuLab.Engine.Networks;

/// <summary>
/// The arguments of the uplink: a QEMU without a machine, in which slirp and a datagram port share a hub. Forwards are not
/// among them: one taken port would keep the whole uplink from starting, so they are added one by one later.
/// </summary>
public static class UplinkCommandLine
{
    public static IReadOnlyList<string> For(NetworkPlan network)
    {
        NetworkPaths paths = network.Paths;
        return
        [
            "-nodefaults", "-no-user-config",
            "-machine", "none",
            "-display", "none",
            "-monitor", "none",
            "-qmp", $"unix:{Escape(paths.UplinkQmp)},server=on,wait=off",
            "-netdev", $"user,id={SlirpUplink.NetId},net={network.Subnet},host={network.Subnet.Address(2)},dns={network.Dns},dhcpstart={network.DhcpStart},domainname={Escape(network.Domain)}{Restriction(network)}",
            "-netdev", $"hubport,id=hub-nat,hubid=0,netdev={SlirpUplink.NetId}",
            "-netdev", $"dgram,id=up,local.type=unix,local.path={Escape(paths.QemuPort(NetworkPaths.UplinkPort))},remote.type=unix,remote.path={Escape(paths.SwitchPort(NetworkPaths.UplinkPort))}",
            "-netdev", "hubport,id=hub-up,hubid=0,netdev=up",
            "-daemonize",
            "-pidfile", paths.UplinkPid,
        ];
    }

    /// <summary>Nothing goes out then, but what the host forwards comes in, so that the machines of an isolated network can be logged in to.</summary>
    private static string Restriction(NetworkPlan network) => network.Mode == NetworkMode.Isolated ? ",restrict=on" : "";

    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);
}
