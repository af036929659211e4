using QemuLab.Engine.Hooks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A lab as its file asks for it: what <see cref="LabReader"/> makes of a <see cref="LabSource"/>.</summary>
public sealed record Lab
{
    public required MachineName Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The first is the one that every machine is on.</summary>
    public IReadOnlyList<NetworkSpec> Networks { get; init; } = [new()];

    /// <summary>Null where the lab has none.</summary>
    public VirtualIpSpec? VirtualIp { get; init; }

    /// <summary>Host ports that lead to whole groups.</summary>
    public IReadOnlyList<BalancedPort> Published { get; init; } = [];

    /// <summary>So many times the host's free memory may its machines ask for.</summary>
    public decimal MemoryOvercommit { get; init; } = 1;

    /// <summary>What is done on this host when something happens to it.</summary>
    public IReadOnlyList<HookSpec> Hooks { get; init; } = [];

    /// <summary>In the file's order, groups expanded.</summary>
    public required IReadOnlyList<MachineSpec> Machines { get; init; }
}

/// <summary>The outcome of reading: the lab where there is no error, and every fault found.</summary>
public sealed record LabReading(Lab? Lab, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <exception cref="LabFileException">There is an error.</exception>
    public Lab LabOrThrow() => Lab ?? throw new LabFileException([.. Diagnostics.Where(d => d.Severity == Severity.Error)]);
}
