namespace QemuLab.Engine.Labs.Definition;

/// <summary>The lab file's definition in one table. A new key is one row here and its use in the reader.</summary>
internal static class LabDefinition
{
    public static IReadOnlyList<Key> Keys { get; } =
        [.. LabKeys.All, .. NetworkKeys.All, .. DhcpKeys.All, .. RouteKeys.All, .. NicKeys.All, .. GroupKeys.All, .. MachineKeys.All, .. UserKeys.All, .. DiskKeys.All, .. KernelKeys.All, .. VirtualIpKeys.All, .. CheckKeys.All, .. DependencyKeys.All, .. HealthKeys.All, .. HttpCheckKeys.All, .. OvercommitKeys.All,
            .. StageKeys.All, .. HookKeys.All,
        ];

    public static IReadOnlyList<ObjectKind> Objects { get; } =
    [
        Definition.Objects.Lab, Definition.Objects.Network, Definition.Objects.Defaults, Definition.Objects.Group,
        Definition.Objects.Machine, Definition.Objects.User, Definition.Objects.Disk, Definition.Objects.Kernel,
        Definition.Objects.Dhcp, Definition.Objects.Route, Definition.Objects.Nic,
        Definition.Objects.VirtualIp, Definition.Objects.Check, Definition.Objects.Dependency, Definition.Objects.HealthCheck, Definition.Objects.HttpCheck, Definition.Objects.Overcommit,
        Definition.Objects.Stage, Definition.Objects.StageRule, Definition.Objects.Hook,
    ];
}

/// <summary>The mappings that have keys of ours.</summary>
internal static class Objects
{
    public static ObjectKind Lab { get; } = new(Where.Lab, "the lab");

    public static ObjectKind Network { get; } = new(Where.Network, "network");

    public static ObjectKind Defaults { get; } = new(Where.Defaults, "defaults") { MayBeEmpty = true };

    public static ObjectKind Group { get; } = new(Where.Group, "a group") { MayBeEmpty = true };

    public static ObjectKind Machine { get; } = new(Where.Machine, "a machine") { MayBeEmpty = true };

    public static ObjectKind User { get; } = new(Where.User, "a user");

    public static ObjectKind Disk { get; } = new(Where.Disk, "a disk");

    public static ObjectKind Kernel { get; } = new(Where.Kernel, "firmware");

    public static ObjectKind Dhcp { get; } = new(Where.Dhcp, "dhcp");

    public static ObjectKind Route { get; } = new(Where.Route, "a route");

    public static ObjectKind Nic { get; } = new(Where.Nic, "a machine's networks");

    public static ObjectKind VirtualIp { get; } = new(Where.VirtualIp, "virtualIp");

    public static ObjectKind Check { get; } = new(Where.Check, "a check");

    public static ObjectKind Dependency { get; } = new(Where.Dependency, "a dependency");

    public static ObjectKind HealthCheck { get; } = new(Where.HealthCheck, "healthCheck");

    public static ObjectKind Stage { get; } = new(Where.Stage, "a stage");

    public static ObjectKind StageRule { get; } = new(Where.StageRule, "when");

    public static ObjectKind Overcommit { get; } = new(Where.Overcommit, "overcommit");

    public static ObjectKind Hook { get; } = new(Where.Hook, "a hook");

    public static ObjectKind HttpCheck { get; } = new(Where.HttpCheck, "http") { MayBeEmpty = true };
}
