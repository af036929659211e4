namespace QemuLab.Api;

/// <summary>A lab as decided for this host; nothing has been touched for it.</summary>
internal sealed record PlanView(string Name, AcceleratorView? Accelerator, NetworkView Network, IReadOnlyList<PlannedMachineView> Machines, IReadOnlyList<PlannedHookView> Hooks, IReadOnlyList<string> Warnings);

/// <summary>What will be done on this host when something happens to the lab.</summary>
/// <param name="On">The events.</param>
/// <param name="Action">The command line, or where a note is posted to, without the URL's path.</param>
/// <param name="Machines">Only of these; empty: of all.</param>
internal sealed record PlannedHookView(IReadOnlyList<string> On, string Action, IReadOnlyList<string> Machines);

/// <summary>A machine as decided.</summary>
internal sealed record PlannedMachineView
{
    public required string Name { get; init; }

    public required string Group { get; init; }

    public required string Image { get; init; }

    public required string Address { get; init; }

    public required string Mac { get; init; }

    public required Guid Uuid { get; init; }

    public required int SshPort { get; init; }

    public required string User { get; init; }

    public required int Cpus { get; init; }

    public required string CpuModel { get; init; }

    /// <summary>Bytes.</summary>
    public required long Memory { get; init; }

    /// <summary>Bytes that it can be given while it runs; absent: what it was started with is all.</summary>
    public long? MaxMemory { get; init; }

    /// <summary><c>uefi</c>, <c>bios</c> or <c>kernel</c>.</summary>
    public required string Boot { get; init; }

    /// <summary>The root disk first.</summary>
    public required IReadOnlyList<DiskView> Disks { get; init; }

    public required IReadOnlyList<string> Ports { get; init; }

    /// <summary>Those that it shares with the other machines of its group.</summary>
    public required IReadOnlyList<string> Published { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>What must have come up before it is started.</summary>
    public required IReadOnlyList<DependencyView> DependsOn { get; init; }

    /// <summary>How it is asked whether it is healthy, such as <c>http 8080/healthz</c>; null: it is not.</summary>
    public string? HealthCheck { get; init; }

    /// <summary>The names of its stages.</summary>
    public IReadOnlyList<string>? Stages { get; init; }

    /// <summary><c>stages</c> where these alone say that it is ready; absent: a login does.</summary>
    public string? Ready { get; init; }

    /// <summary>QEMU's arguments with their reasons; only where they were asked for.</summary>
    public IReadOnlyList<ArgumentView>? Arguments { get; init; }
}

/// <param name="Condition"><c>started</c>, <c>ready</c> or <c>healthy</c>.</param>
internal sealed record DependencyView(string Machine, string Condition);

/// <param name="Size">Bytes, as the guest sees it.</param>
/// <param name="Backing">The cached image that it is an overlay of.</param>
internal sealed record DiskView(string Name, string Path, long Size, string? Backing);

/// <summary>One flag of a QEMU command line.</summary>
internal sealed record ArgumentView(string Flag, string? Value, string Reason);
