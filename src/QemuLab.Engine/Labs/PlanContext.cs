using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What a plan depends on beside the lab file: the host and what earlier plans have taken.</summary>
public sealed record PlanContext
{
    public required HostFacts Host { get; init; }

    public required StatePaths Paths { get; init; }

    /// <summary>The images that the lab names, by that name.</summary>
    public required IReadOnlyDictionary<string, PlannedImage> Images { get; init; }

    /// <summary>What this lab was given before.</summary>
    public LabAllocations Allocations { get; init; } = LabAllocations.None;

    /// <summary>Machines of this lab that run already.</summary>
    public IReadOnlySet<string> Running { get; init; } = new HashSet<string>();

    /// <summary>Memory of the host that is free, and that machines that run may still come to take.</summary>
    public ByteSize MemoryPromised { get; init; }

    public IReadOnlyList<SubnetUse> SubnetsOfOtherLabs { get; init; } = [];

    /// <summary>Ports of 127.0.0.1 that a new allocation must avoid: other labs' and other programs'. Looked up only for one: the kernel takes 8 ms to list them.</summary>
    public Lazy<IReadOnlySet<int>> PortsInUse { get; init; } = new(new HashSet<int>());
}

/// <summary>An image as a plan sees it.</summary>
/// <param name="Files">Null while it is not here yet; the plan then shows where they will be.</param>
public sealed record PlannedImage(ImageReference Reference, ImageFiles? Files);
