namespace QemuLab.Engine.Networks;

/// <summary>All that is made worse on a network on purpose: the whole of it, so that setting it twice is setting it once.</summary>
public sealed record NetworkImpairments
{
    public static readonly NetworkImpairments None = new();

    /// <summary>By machine: what its link does to frames in both directions.</summary>
    public IReadOnlyDictionary<string, LinkImpairment> Links { get; init; } = new Dictionary<string, LinkImpairment>();

    /// <summary>Machines that do not hear each other, in either direction; the rest of the network goes on.</summary>
    public IReadOnlyList<MachinePair> Partitions { get; init; } = [];

    /// <summary>Whether nothing of the machine's passes.</summary>
    public bool IsCutOff(string machine) => Links.GetValueOrDefault(machine) is { } link && (link.IsCut || link.LossPercent >= 100);

    /// <summary>Whether two machines do not hear each other.</summary>
    public bool Separates(string one, string other) =>
        IsCutOff(one) || IsCutOff(other) || Partitions.Any(pair => (pair.One == one && pair.Other == other) || (pair.One == other && pair.Other == one));

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
