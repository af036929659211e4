namespace QemuLab.Api;

/// <summary>What this host can do, sizes in bytes.</summary>
internal sealed record HostView
{
    public required string Platform { get; init; }

    public required string Architecture { get; init; }

    public required string KernelRelease { get; init; }

    public required int Cores { get; init; }

    public required long MemoryTotal { get; init; }

    public required long MemoryAvailable { get; init; }

    public required long DiskFree { get; init; }

    /// <summary>Files and sockets that the daemon may have open, and has; null where the system does not tell.</summary>
    public int? OpenFilesLimit { get; init; }

    public int? OpenFiles { get; init; }

    /// <summary>Processes and threads that may still be started.</summary>
    public int? ThreadsFree { get; init; }

    public QemuView? Qemu { get; init; }

    public AcceleratorView? Accelerator { get; init; }

    public FirmwareView? Uefi { get; init; }

    public required IReadOnlyList<string> FirmwareTried { get; init; }

    public required IReadOnlyList<string> SubnetsInUse { get; init; }
}

internal sealed record QemuView(string System, string Img, string Version);

/// <param name="Name"><c>kvm</c>, <c>hvf</c> or <c>tcg</c>.</param>
/// <param name="FallbackReason">Why it is not a better one.</param>
/// <param name="Brief">The same in a few words.</param>
internal sealed record AcceleratorView(string Name, string CpuModel, string? FallbackReason, string? Brief, string? Hint);

internal sealed record FirmwareView(string Code, string VarsTemplate, string Source);

/// <summary>Who answers.</summary>
/// <param name="Build">Changes with every build; a command line of another build replaces the daemon.</param>
internal sealed record VersionView(string Version, string Build, int ProcessId, string Home, DateTimeOffset StartedAt)
{
    /// <summary>The program that systemd runs for the daemon, where it listens in the daemon's stead; else null.</summary>
    public string? ServiceProgram { get; init; }

    /// <summary>Which promise the JSON of this program keeps; the header <c>QemuLab-Schema</c> says it too.</summary>
    public int Schema { get; } = Engine.DocumentSchema.Version;
}
