using QemuLab.Integration.Tests;

[assembly: TestCollectionOrderer(typeof(TestOrder))]

namespace QemuLab.Integration.Tests;

/// <summary>Those of more than half a minute.</summary>
public sealed class TestOrder() : LongestFirst(
    "DebianLabTests", "SnapshotTests", "MicroLabTests", "RunStrategyTests", "VirtualIpTests", "SuspendTests", "BrokenGuestTests", "KubernetesLabTests", "ChangedLabTests", "AlarmTests", "ServiceTests", "TrashTests", "StagesTests",
    "HandsTests", "UnprivilegedBridgeTests", "NetworkVerbTests", "PublishedGroupTests", "OrderedLabTests", "ConsoleTests", "MicroGuestTests", "HooksTests", "FullDiskTests");
