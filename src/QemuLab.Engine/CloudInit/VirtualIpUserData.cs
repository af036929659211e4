using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// What cloud-init does on a machine for the lab's virtual IP. <c>bootcmd</c> runs at every start, so a restart has it all
/// again; where there is systemd, keepalived is started by it and not from there, because it comes up after cloud-init.
/// </summary>
internal static class VirtualIpUserData
{
    /// <summary>
    /// Has IPVS choose a backend for every new connection. By default it gives one whose client uses a port again to the
    /// backend that had that port, drained or dead as it may be, for the two minutes of FIN_WAIT: the last state that direct
    /// routing sees. Bits 1 and 2 of conn_reuse_mode choose anew from FIN_WAIT on; expire_nodest_conn does so in any state
    /// where the backend's weight is 0, so that the SYN a dead one never answered goes elsewhere when it comes again. What is
    /// established sends no SYN, and lives on (Documentation/networking/ipvs-sysctl.rst of the kernel).
    /// </summary>
    private const string Reschedule =
        "modprobe ip_vs && "
        + "echo 3 >/proc/sys/net/ipv4/vs/conn_reuse_mode && "
        + "echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn";

    public static ConfigNode.Mapping For(VirtualIpPart part, MachinePlan machine) => part.Role switch
    {
        VirtualIpRole.Gateway => Gateway(part.Ip, machine),
        _ => Backend(part.Ip),
    };

    /// <summary>The address on lo, with the kernel told before that it is to answer ARP only for a NIC's own addresses.</summary>
    private static ConfigNode.Mapping Backend(VirtualIp ip) => new(
    [
        ("write_files", new ConfigNode.Sequence(
        [
            File("/etc/sysctl.d/60-qemulab-vip.conf", "0644", "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"),
        ])),
        ("bootcmd", ConfigNode.Sequence.Of(
            "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore && "
            + "echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce && "
            + $"ip addr replace {ip.Address}/32 dev lo")),
    ]);

    private static ConfigNode.Mapping Gateway(VirtualIp ip, MachinePlan machine)
    {
        bool script = KeepalivedConfig.NeedsScript(ip.Check);
        List<ConfigNode> files =
        [
            File("/etc/keepalived/keepalived.conf", "0644", KeepalivedConfig.Text(ip, machine.Name)),
            File(VirtualIpScripts.ControlPath, "0755", VirtualIpScripts.Control(ip)),
        ];
        if (script)
        {
            files.Add(File(KeepalivedConfig.CheckScript, "0755", VirtualIpScripts.Check(ip)));
        }

        if (ip.Check.CaCertificates is { } certificates)
        {
            files.Add(File(VirtualIpScripts.CertificatesPath, "0644", certificates));
        }

        List<ConfigEntry> entries = [("write_files", new ConfigNode.Sequence(files))];
        if (machine.InstallsPackages)
        {
            string[] checker = script ? [ip.Check.Type == VirtualIpCheckType.Https ? "openssl" : "netcat-openbsd"] : [];
            entries.Add(("packages", ConfigNode.Sequence.Of(["keepalived", "ipvsadm", .. checker])));
        }

        entries.Add(("bootcmd", ConfigNode.Sequence.Of(
            Reschedule,
            $"mkdir -p {KeepalivedConfig.DrainFolder}",
            $"[ -d /run/systemd/system ] || [ ! -x {VirtualIpScripts.ControlPath} ] || {VirtualIpScripts.ControlPath} start")));
        entries.Add(("runcmd", ConfigNode.Sequence.Of($"{VirtualIpScripts.ControlPath} start")));
        return new ConfigNode.Mapping(entries);
    }

    private static ConfigNode.Mapping File(string path, string permissions, string content) =>
        new([("path", path), ("permissions", permissions), ("content", content)]);
}
