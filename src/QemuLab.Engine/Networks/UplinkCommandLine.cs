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
            "-netdev", $"user,id={SlirpUplink.NetId},net={network.Subnet},host={network.Gateway},dns={network.Dns},dhcpstart={network.DhcpStart},domainname={Escape(network.Domain)}",
            "-netdev", $"hubport,id=hub-nat,hubid=0,netdev={SlirpUplink.NetId}",
            "-netdev", $"dgram,id=up,local.type=unix,local.path={Escape(paths.QemuPort(NetworkPaths.UplinkPort))},remote.type=unix,remote.path={Escape(paths.SwitchPort(NetworkPaths.UplinkPort))}",
            "-netdev", "hubport,id=hub-up,hubid=0,netdev=up",
            "-daemonize",
            "-pidfile", paths.UplinkPid,
        ];
    }

    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);
}
