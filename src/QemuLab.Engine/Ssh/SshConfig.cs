using System.Globalization;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// A lab's ssh_config, for <c>ssh -F</c> and for <c>Include</c> in the user's own. So each machine's block says everything
/// itself: a <c>Host *</c> would reach into the user's other hosts.
/// </summary>
public static class SshConfig
{
    public static string Text(LabPlan lab, StatePaths paths)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Lab {lab.Name}, written by qemulab. Use it with: ssh -F THIS-FILE MACHINE\n");
        foreach (MachinePlan machine in lab.Machines)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nHost {machine.Name} {KnownHosts.Alias(machine)}\n");
            foreach ((string key, string value) in Settings(machine, paths))
            {
                text.Append(CultureInfo.InvariantCulture, $"  {key} {value}\n");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Key, string Value)> Settings(MachinePlan machine, StatePaths paths) =>
    [
        ("HostName", machine.SshEndpoint.Address.ToString()),
        ("Port", machine.SshEndpoint.Port.ToString(CultureInfo.InvariantCulture)),
        ("User", machine.LoginUser),
        ("IdentityFile", Quote(paths.SshKey)),
        ("IdentitiesOnly", "yes"),
        ("PreferredAuthentications", "publickey"),
        ("HostKeyAlias", KnownHosts.Alias(machine)),
        ("UserKnownHostsFile", Quote(paths.KnownHosts(machine.Lab))),
        ("GlobalKnownHostsFile", "/dev/null"),
        ("StrictHostKeyChecking", "yes"),
        ("UpdateHostKeys", "no"),
        ("ControlMaster", "auto"),
        ("ControlPersist", "10m"),
        ("ControlPath", Quote(machine.Directory.SshMaster)),
        ("ConnectTimeout", "30"),
        ("ServerAliveInterval", "15"),
        ("ServerAliveCountMax", "4"),
        ("LogLevel", "ERROR"),
    ];

    /// <summary>A path as ssh_config takes it: in quotes for its spaces, with ssh's own <c>%</c> tokens off.</summary>
    private static string Quote(string path) =>
        '"' + path.Replace("%", "%%", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}
