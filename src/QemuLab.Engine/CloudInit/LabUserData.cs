using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.CloudInit;

/// <summary>What QemuLab itself asks of a guest: its name, the users, the host key, the lab's names in /etc/hosts, the package mirror, its part in the virtual IP.</summary>
internal static class LabUserData
{
    public static ConfigNode.Mapping For(MachinePlan plan, LabPlan lab, HostKeyPair hostKey, string authorizedKey)
    {
        ConfigNode.Mapping own = Own(plan, lab, hostKey, authorizedKey);
        return plan.VirtualIp is { } part ? ConfigMerge.Merge(own, VirtualIpUserData.For(part, plan)) : own;
    }

    private static ConfigNode.Mapping Own(MachinePlan plan, LabPlan lab, HostKeyPair hostKey, string authorizedKey) => new(
    [
        ("hostname", plan.Name),
        ("fqdn", $"{plan.Name}.{lab.Network.Domain}"),
        ("manage_etc_hosts", false),
        // Images without generated locales fail their launch on the default one.
        ("locale", "C.UTF-8"),
        ("users", new ConfigNode.Sequence([LoginUser(plan, authorizedKey), .. plan.Spec.Users.Select(User)])),
        ("disable_root", true),
        ("ssh_pwauth", false),
        ("ssh_deletekeys", true),
        ("ssh_keys", new ConfigNode.Mapping(
        [
            ("ed25519_private", hostKey.PrivateKey),
            ("ed25519_public", hostKey.PublicKey),
        ])),
        .. Apt(plan.Spec),
        ("write_files", new ConfigNode.Sequence([EtcHosts.For(lab)])),
    ]);

    private static ConfigNode.Mapping LoginUser(MachinePlan plan, string authorizedKey) =>
        User(new UserSpec(plan.LoginUser, [authorizedKey, .. plan.Spec.SshKeys.Where(key => key != authorizedKey)], Sudo: true, plan.Shell));

    private static ConfigNode.Mapping User(UserSpec user)
    {
        List<ConfigEntry> entries = [("name", user.Name)];
        if (user.Shell is { } shell)
        {
            entries.Add(("shell", shell));
        }

        if (user.Sudo)
        {
            entries.Add(("sudo", "ALL=(ALL) NOPASSWD:ALL"));
        }

        entries.Add(("lock_passwd", true));
        if (user.SshKeys.Count > 0)
        {
            entries.Add(("ssh_authorized_keys", ConfigNode.Sequence.Of(user.SshKeys.Select(key => key.Trim()))));
        }

        return new ConfigNode.Mapping(entries);
    }

    private static IEnumerable<ConfigEntry> Apt(MachineSpec spec)
    {
        List<ConfigEntry> apt = [];
        if (spec.PackageMirror is { } mirror)
        {
            apt.Add(("primary", Mirror(mirror)));
            // Without it cloud-init takes the first mirror for security updates too, which Debian keeps in a tree beside.
            string trimmed = mirror.TrimEnd('/');
            if (trimmed.EndsWith("/debian", StringComparison.Ordinal))
            {
                apt.Add(("security", Mirror(trimmed + "-security")));
            }
        }

        if (spec.Proxy is { } proxy)
        {
            apt.Add(("proxy", proxy));
        }

        return apt.Count > 0 ? [("apt", new ConfigNode.Mapping(apt))] : [];
    }

    private static ConfigNode.Sequence Mirror(string uri) =>
        new([new ConfigNode.Mapping([("arches", ConfigNode.Sequence.Of("default")), ("uri", uri)])]);
}
