using QemuLab.Integration.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace QemuLab.Integration.Tests;

/// <summary>Classes run side by side, each one's tests one after another: one that takes minutes must not be the last to begin.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Those of minutes, the longest first.</summary>
    private static readonly string[] Long =
    [
        "DebianLabTests", "SnapshotTests", "MicroLabTests", "RunStrategyTests", "BrokenGuestTests", "VirtualIpTests", "KubernetesLabTests", "SuspendTests", "HandsTests", "ConsoleTests", "ChangedLabTests", "UnprivilegedBridgeTests",
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Array.FindIndex(Long, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)) is var place && place < 0 ? Long.Length : place)];
}
