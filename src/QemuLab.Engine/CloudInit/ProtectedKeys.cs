using QemuLab.Engine.Labs;

namespace QemuLab.Engine.CloudInit;

/// <summary>The keys that stay QemuLab's: with other values the machine could not be reached, or would not be the one that the lab knows.</summary>
internal static class ProtectedKeys
{
    private static readonly Dictionary<string, string> Reasons = new(StringComparer.Ordinal)
    {
        ["hostname"] = "the host name is the machine's name",
        ["fqdn"] = "the full name is the machine's name and the lab's domain",
        ["preserve_hostname"] = "the host name is the machine's name",
        ["manage_etc_hosts"] = "/etc/hosts lists the lab's machines; add lines to it with write_files and append: true",
    };

    /// <summary>The document without what it may not set; each such key gives a warning.</summary>
    public static ConfigNode.Mapping Remove(SeedDocument document, string loginUser, List<Diagnostic> conflicts)
    {
        ConfigNode.Mapping root = document.Root;
        foreach ((string key, string reason) in Reasons.Where(reason => document.Root[reason.Key] is not null))
        {
            conflicts.Add(document.Warning(key, $"'{key}' is ignored: {reason}"));
            root = root.Without(key);
        }

        return RemoveHostKey(document, RemoveUsers(document, root, loginUser, conflicts), conflicts);
    }

    private static ConfigNode.Mapping RemoveHostKey(SeedDocument document, ConfigNode.Mapping root, List<Diagnostic> conflicts)
    {
        if (root["ssh_keys"] is not { } value || value is ConfigNode.Scalar { IsNull: true })
        {
            return root;
        }

        if (value is not ConfigNode.Mapping keys || keys.Entries.Any(entry => entry.Key.Text.StartsWith("ed25519_", StringComparison.Ordinal)))
        {
            conflicts.Add(document.Warning("ssh_keys", "the ed25519 key in 'ssh_keys' is ignored: QemuLab makes it and pins it in known_hosts"));
        }

        return value is ConfigNode.Mapping mapping
            ? root.With("ssh_keys", new ConfigNode.Mapping([.. mapping.Entries.Where(entry => !entry.Key.Text.StartsWith("ed25519_", StringComparison.Ordinal))]))
            : root.Without("ssh_keys");
    }

    private static ConfigNode.Mapping RemoveUsers(SeedDocument document, ConfigNode.Mapping root, string loginUser, List<Diagnostic> conflicts)
    {
        switch (root["users"])
        {
            case null or ConfigNode.Scalar { IsNull: true }:
                return root;
            case ConfigNode.Sequence users:
                bool changesLogin = users.Items.OfType<ConfigNode.Mapping>().Any(user => user.Text("name") == loginUser && UserDataUsers.ChangesLogin(user));
                if (changesLogin)
                {
                    conflicts.Add(document.Warning("users", $"sudo, no_create_home and the like of user '{loginUser}' are ignored: QemuLab logs in as that user"));
                }

                return root;
            default:
                conflicts.Add(document.Warning("users", "'users' is ignored: write it as a list"));
                return root.Without("users");
        }
    }
}
