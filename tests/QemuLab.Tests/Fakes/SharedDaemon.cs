namespace QemuLab.Tests.Fakes;

/// <summary>One fake daemon for tests that all get a refusal from it, and so change nothing of its lab.</summary>
public sealed class SharedDaemon : IAsyncLifetime
{
    internal const string LabFile = "name: l\nimage: micro\ngroups: { a: {}, b: {} }\n";

    internal FakeDaemon Daemon { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Daemon = await FakeDaemon.StartAsync(LabFile);

    public ValueTask DisposeAsync() => Daemon.DisposeAsync();
}
