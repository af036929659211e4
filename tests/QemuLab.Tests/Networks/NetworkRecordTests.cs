using System.Net;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks;

public sealed class NetworkRecordTests : IDisposable
{
    private static readonly MachineConnection Web = new("web", IPAddress.Parse("10.77.0.11"), [new(IPAddress.Loopback, 2222, 22, TransportProtocol.Tcp)]);

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void What_is_saved_is_loaded()
    {
        var paths = new NetworkPaths(directory.Path);
        var record = new NetworkRecord { Switch = new ProcessIdentity(42, "boot/7") }.With(Web);

        record.Save(paths);
        NetworkRecord loaded = NetworkRecord.Load(paths);

        Assert.Equal(record.Switch, loaded.Switch);
        Assert.Null(loaded.Uplink);
        Assert.Equal(["tcp:127.0.0.1:2222-10.77.0.11:22"], loaded.Forwards("web").Select(forward => forward.Rule));
        Assert.Empty(loaded.Without("web").Forwards());
    }

    [Fact]
    public void Connecting_again_replaces_the_connection()
    {
        NetworkRecord record = new NetworkRecord().With(Web).With(Web with { Forwards = [] });

        Assert.Empty(Assert.Single(record.Connections).Forwards);
    }

    [Fact]
    public void The_record_of_a_version_without_balanced_ports_is_read()
    {
        var paths = new NetworkPaths(directory.Path);
        File.WriteAllText(paths.Record, """{ "connections": [ { "name": "web", "address": "10.77.0.11", "forwards": [] } ] }""");

        Assert.Empty(NetworkRecord.Load(paths).Forwards("web"));
    }

    [Fact]
    public void A_record_that_cannot_be_read_is_set_aside()
    {
        var paths = new NetworkPaths(directory.Path);
        File.WriteAllText(paths.Record, "{ half");

        Assert.Empty(NetworkRecord.Load(paths).Connections);
        Assert.Equal("{ half", File.ReadAllText(paths.Record + ".unreadable"));
    }
}
