using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The mappings of a lab file that have keys of ours.</summary>
[Flags]
internal enum Where
{
    None = 0,
    Lab = 1,
    Defaults = 2,
    Group = 4,
    Machine = 8,
    Network = 16,
    User = 32,
    Disk = 64,
    Kernel = 128,
    Dhcp = 256,
    Route = 512,
    Nic = 1024,
    VirtualIp = 2048,
    Check = 4096,
    Dependency = 8192,
    HealthCheck = 16384,
    HttpCheck = 32768,
    Overcommit = 65536,
    Hook = 131072,
    Stage = 262144,
    StageRule = 524288,

    /// <summary>All that describe machines, from the farthest to the nearest.</summary>
    Machines = Defaults | Group | Machine,
}

/// <summary>One row of the lab file's definition: reading, suggestions, settings and the JSON Schema all come from it.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Where">The mappings that it may stand in.</param>
/// <param name="Description">For editors: one or two sentences.</param>
internal abstract record Key(string Name, Where Where, string Description)
{
    public bool IsRequired { get; init; }

    /// <summary>As a user would write it; null where there is none.</summary>
    public string? Default { get; init; }

    public abstract ValueKind AnyKind { get; }
}

internal sealed record Key<T>(string Name, ValueKind<T> Kind, Where Where, string Description) : Key(Name, Where, Description)
    where T : notnull
{
    public override ValueKind AnyKind => Kind;

    /// <summary>The default, read by the same rules as a user's.</summary>
    public T DefaultValue =>
        Kind.TryRead(Name, new YamlScalar(default, Default ?? "", IsPlain: true), new Faults(""), out T? value)
            ? value
            : throw new InvalidOperationException($"the default of {Name} is not {Kind.Noun}");
}
