using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>What the supervisor works with: each part the real one, or a fake of the tests.</summary>
public sealed record EngineParts
{
    public required StatePaths Paths { get; init; }

    public required TimeProvider Clock { get; init; }

    public required ICommandRunner Runner { get; init; }

    public required HostWatch Host { get; init; }

    public required IHypervisor Hypervisor { get; init; }

    public required INetworkBackend Network { get; init; }

    /// <summary>What the networks have to tell between calls.</summary>
    public NetworkNotices Notices { get; init; } = new();

    public required ImageCatalog Catalog { get; init; }

    public required ImageStore Images { get; init; }

    /// <summary>Asks a machine's health check once; null where it says yes, else what it said.</summary>
    public required Func<MachinePlan, HealthCheck, CancellationToken, Task<string?>> CheckHealth { get; init; }

    /// <summary>How many vCPUs may boot at the same time; null: as many as the host bears.</summary>
    public int? ParallelBoots { get; init; }

    /// <summary>Waits until a guest is ready; reports each phase; throws a <see cref="QemuLabException"/> where it will not be.</summary>
    public required Func<MachinePlan, GuestArrival, IProgress<ReadinessUpdate>, CancellationToken, Task> AwaitReady { get; init; }
}

/// <summary>How a guest comes to be waited for.</summary>
/// <param name="Memory">What it goes on with; null where it boots.</param>
/// <param name="Boot">What is known of its boot already; null where it does not boot, or nobody has seen it begin.</param>
/// <param name="Stages">Completes with the end of its stages; null where it has none.</param>
public sealed record GuestArrival(RestoredMemory? Memory, Boot? Boot, Task<StageResult>? Stages = null);
