using System.Text;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// The guest's /etc/hosts: every machine of the lab by full and short name, and the host. The whole file is written, not
/// appended to: a machine whose seed changes runs this again, and of two lines for a name the stale one would win.
/// </summary>
internal static class EtcHosts
{
    /// <summary>The gateway's name in a guest; no machine can have it.</summary>
    public const string HostName = DnsZone.HostName;

    public static ConfigNode.Mapping For(LabPlan lab) => new(
    [
        ("path", "/etc/hosts"),
        ("permissions", "0644"),
        ("content", Text(lab)),
    ]);

    /// <summary>The lab's own lines, with a fence around them so that they can be found and replaced later.</summary>
    public static string Block(LabPlan lab)
    {
        var text = new StringBuilder();
        text.Append(FenceBegin(lab.Name)).Append('\n');
        if (lab.Network.Gateway is { } host)
        {
            text.Append($"{host} {HostName}\n");
        }

        foreach (MachinePlan machine in lab.Machines)
        {
            text.Append($"{machine.Address} {machine.Name}.{lab.Network.Domain} {machine.Name}\n");
        }

        if (lab.VirtualIp is { } virtualIp)
        {
            text.Append($"{virtualIp.Address} {virtualIp.Name}.{lab.Network.Domain} {virtualIp.Name}\n");
        }

        return text.Append(FenceEnd(lab.Name)).Append('\n').ToString();
    }

    public static string FenceBegin(string lab) => $"# lab {lab}: begin";

    public static string FenceEnd(string lab) => $"# lab {lab}: end";

    private static string Text(LabPlan lab) =>
        """
        127.0.0.1 localhost
        ::1 localhost ip6-localhost ip6-loopback
        ff02::1 ip6-allnodes
        ff02::2 ip6-allrouters

        """ + Block(lab);
}
