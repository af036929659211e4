using System.Globalization;
using System.Net;
using System.Text;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>A lab's known_hosts: the keys that its machines were given before they first ran.</summary>
public static class KnownHosts
{
    /// <summary>The name under which ssh looks a machine's key up, whatever its port is this time.</summary>
    public static string Alias(MachinePlan plan) => $"{plan.Lab}/{plan.Name}";

    /// <summary>One line a machine: its alias, its name, and host and port for those who do not use QemuLab's ssh_config.</summary>
    public static string Text(IEnumerable<(MachinePlan Plan, string PublicKey)> machines)
    {
        var text = new StringBuilder();
        foreach ((MachinePlan plan, string publicKey) in machines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Alias(plan)},{plan.Name},{Place(plan.SshEndpoint)} {publicKey}\n");
        }

        return text.ToString();
    }

    private static string Place(IPEndPoint server) => server.Port == 22 ? server.Address.ToString() : $"[{server.Address}]:{server.Port}";
}
