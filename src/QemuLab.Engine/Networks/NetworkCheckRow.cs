namespace QemuLab.Engine.Networks;

/// <summary>One thing that a network should or should not let through, and what it does.</summary>
/// <param name="From">The machine that was asked.</param>
/// <param name="To">The machine, or what is outside: <c>host</c>, <c>names</c>.</param>
/// <param name="Network">The network's name in the lab.</param>
/// <param name="Expected">Whether it should work: not where it is cut on purpose, or has no way out.</param>
/// <param name="Works">Whether it does.</param>
/// <param name="StopsAt">The first step that fails, in words; null where all that is expected works.</param>
public sealed record NetworkCheckRow(string From, string To, string Network, bool Expected, bool Works, string? StopsAt)
{
    /// <summary>Whether it is as it should be.</summary>
    public bool IsGood => Expected == Works;
}
