using QemuLab.Engine.Hooks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A lab as decided for one host: what <see cref="LabPlanner"/> makes of a <see cref="Lab"/> and <see cref="HostFacts"/>.</summary>
public sealed record LabPlan
{
    public required string Name { get; init; }

    public required HostFacts Host { get; init; }

    /// <summary>The first is the one that every machine is on.</summary>
    public required IReadOnlyList<NetworkPlan> Networks { get; init; }

    public NetworkPlan Network => Networks[0];

    /// <summary>Null where the lab has none.</summary>
    public VirtualIp? VirtualIp { get; init; }

    /// <summary>In the lab file's order.</summary>
    public required IReadOnlyList<MachinePlan> Machines { get; init; }

    /// <summary>What is done on this host when something happens to it.</summary>
    public IReadOnlyList<HookSpec> Hooks { get; init; } = [];

    /// <summary>So many times the host's free memory may its machines ask for.</summary>
    public decimal MemoryOvercommit { get; init; } = 1;

    /// <summary>What the user should know before it starts: fallback to TCG, more vCPUs than cores…</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
