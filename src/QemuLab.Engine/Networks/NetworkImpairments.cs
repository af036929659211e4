namespace QemuLab.Engine.Networks;

/// <summary>All that is made worse on a network on purpose: the whole of it, so that setting it twice is setting it once.</summary>
public sealed record NetworkImpairments
{
    public static readonly NetworkImpairments None = new();

    /// <summary>By machine: what its link does to frames in both directions.</summary>
    public IReadOnlyDictionary<string, LinkImpairment> Links { get; init; } = new Dictionary<string, LinkImpairment>();

    /// <summary>Machines that do not hear each other, in either direction; the rest of the network goes on.</summary>
    public IReadOnlyList<MachinePair> Partitions { get; init; } = [];

    public bool IsEmpty => Links.Count == 0 && Partitions.Count == 0;
}

/// <summary>What one machine's link does to frames.</summary>
/// <param name="IsCut">Nothing passes.</param>
/// <param name="Delay">Added to every frame, each way.</param>
/// <param name="LossPercent">0 to 100, of the frames, each way.</param>
/// <param name="BitsPerSecond">The most that passes, each way; null: no limit.</param>
public sealed record LinkImpairment(bool IsCut = false, TimeSpan Delay = default, double LossPercent = 0, long? BitsPerSecond = null)
{
    public bool IsNone => this == new LinkImpairment();
}

/// <summary>Two machines, in either order.</summary>
public sealed record MachinePair(string One, string Other);
