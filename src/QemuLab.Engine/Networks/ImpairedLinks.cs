namespace QemuLab.Engine.Networks;

/// <summary>What is made worse at the switch's ports. Costs a comparison per frame where nothing is.</summary>
internal sealed class ImpairedLinks(TimeProvider time, Random chance)
{
    private readonly Dictionary<string, (LinkShaper In, LinkShaper Out)> shapers = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> partitions = [];

    public NetworkImpairments Asked { get; private set; } = NetworkImpairments.None;

    public bool Any { get; private set; }

    /// <summary>Replaces all that was.</summary>
    public void Set(NetworkImpairments impairments)
    {
        shapers.Clear();
        partitions.Clear();
        foreach ((string name, LinkImpairment impairment) in impairments.Links.Where(link => !link.Value.IsNone))
        {
            shapers[name] = (new LinkShaper(impairment, time.TimestampFrequency, chance), new LinkShaper(impairment, time.TimestampFrequency, chance));
        }

        foreach (MachinePair pair in impairments.Partitions)
        {
            partitions.Add((pair.One, pair.Other));
            partitions.Add((pair.Other, pair.One));
        }

        Any = shapers.Count > 0 || partitions.Count > 0;
        Asked = impairments;
    }

    /// <summary>When a frame that a port sends now is in the switch, or <see cref="LinkShaper.Dropped"/>.</summary>
    public long Enter(string port, long now, int length) => shapers.TryGetValue(port, out (LinkShaper In, LinkShaper Out) link) ? link.In.Pass(now, length) : now;

    /// <summary>When a frame that is in the switch at a time is at a port, or <see cref="LinkShaper.Dropped"/>.</summary>
    public long Leave(string from, string port, long at, int length) =>
        partitions.Count > 0 && partitions.Contains((from, port)) ? LinkShaper.Dropped
        : shapers.TryGetValue(port, out (LinkShaper In, LinkShaper Out) link) ? link.Out.Pass(at, length)
        : at;

    /// <summary>Whether nothing reaches the port any more, also what was on its way.</summary>
    public bool IsCut(string port) => shapers.TryGetValue(port, out (LinkShaper In, LinkShaper Out) link) && link.Out.IsCut;
}
