namespace QemuLab.Engine.CloudInit;

/// <summary>
/// Joins users of the same name: cloud-init would make the first and then leave the second's keys out. The login user
/// keeps what makes its login work.
/// </summary>
internal static class UserDataUsers
{
    /// <summary>What a document may not say of a user that is already there: any of it could end the login.</summary>
    private static readonly string[] Kept = ["name", "sudo", "system", "inactive", "expiredate", "no_create_home", "snapuser", "ssh_redirect_user", "ssh_import_id"];

    public static bool ChangesLogin(ConfigNode.Mapping user) => Kept.Skip(1).Any(key => user[key] is not null);

    /// <summary>The document's users that are new; what it says of those that <paramref name="merged"/> has already is joined to them.</summary>
    public static ConfigNode.Mapping Join(ConfigNode.Mapping merged, ConfigNode.Mapping document, out ConfigNode.Mapping rest)
    {
        rest = document;
        if (document["users"] is not ConfigNode.Sequence added || merged["users"] is not ConfigNode.Sequence existing)
        {
            return merged;
        }

        List<ConfigNode> users = [.. existing.Items];
        foreach (ConfigNode user in added.Items)
        {
            int index = users.FindIndex(other => Name(other) is { } name && name == Name(user));
            if (index < 0)
            {
                users.Add(user);
            }
            else if (users[index] is ConfigNode.Mapping known && user is ConfigNode.Mapping more)
            {
                users[index] = ConfigMerge.Merge(known, Kept.Aggregate(more, (mapping, key) => mapping.Without(key)));
            }
        }

        rest = document.Without("users");
        return merged.With("users", new ConfigNode.Sequence(users));
    }

    private static string? Name(ConfigNode user) => user switch
    {
        ConfigNode.Mapping mapping => mapping.Text("name"),
        ConfigNode.Scalar scalar => scalar.Text,
        _ => null,
    };
}
