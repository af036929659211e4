using QemuLab.Integration.Tests;
using QemuLab.Tests;

[assembly: TestCollectionOrderer(typeof(TestOrder))]

namespace QemuLab.Tests;

/// <summary>Those that start the program again and again.</summary>
public sealed class TestOrder() : LongestFirst("ExampleTests", "AutoStartTests", "ScreenTests", "SocketLoadTests", "SshReadinessTests", "ProgressCommandTests", "CompletionTests", "RoutesTests", "ReaderRobustnessTests", "BinaryTests");
