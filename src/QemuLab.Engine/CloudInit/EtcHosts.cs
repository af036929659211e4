using System.Text;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// The guest's /etc/hosts: every machine of the lab by full and short name, and the host. The whole file is written, not
/// appended to: a machine whose seed changes runs this again, and of two lines for a name the stale one would win.
/// </summary>
internal static class EtcHosts
{
    /// <summary>The gateway's name in a guest; no machine can have it.</summary>
    public const string HostName = "host.qemulab.internal";

    public static ConfigNode.Mapping For(LabPlan lab) => new(
    [
        ("path", "/etc/hosts"),
        ("permissions", "0644"),
        ("content", Text(lab)),
    ]);

    private static string Text(LabPlan lab)
    {
        var text = new StringBuilder();
        text.Append("127.0.0.1 localhost\n");
        text.Append("::1 localhost ip6-localhost ip6-loopback\n");
        text.Append("ff02::1 ip6-allnodes\n");
        text.Append("ff02::2 ip6-allrouters\n");
        text.Append($"# lab {lab.Name}: begin\n");
        text.Append($"{lab.Network.Gateway} {HostName}\n");
        foreach (MachinePlan machine in lab.Machines)
        {
            text.Append($"{machine.Address} {machine.Name}.{lab.Network.Domain} {machine.Name}\n");
        }

        return text.Append($"# lab {lab.Name}: end\n").ToString();
    }
}
