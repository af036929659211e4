using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class UplinkCommandLineTests
{
    [Fact]
    public void The_uplink_is_a_QEMU_without_a_machine_and_without_forwards()
    {
        var network = new NetworkPlan
        {
            Lab = "demo",
            Subnet = Subnet.Parse("10.77.0.0/24"),
            Domain = "demo.lab",
            Paths = new NetworkPaths("/q,l/run/demo"),
        };

        Assert.Equal(
            [
                "-nodefaults", "-no-user-config",
                "-machine", "none",
                "-display", "none",
                "-monitor", "none",
                "-qmp", "unix:/q,,l/run/demo/uplink.qmp,server=on,wait=off",
                "-netdev", "user,id=nat,net=10.77.0.0/24,host=10.77.0.2,dns=10.77.0.3,dhcpstart=10.77.0.200,domainname=demo.lab",
                "-netdev", "hubport,id=hub-nat,hubid=0,netdev=nat",
                "-netdev", "dgram,id=up,local.type=unix,local.path=/q,,l/run/demo/_up.q,remote.type=unix,remote.path=/q,,l/run/demo/_up.s",
                "-netdev", "hubport,id=hub-up,hubid=0,netdev=up",
                "-daemonize",
                "-pidfile", "/q,l/run/demo/uplink.pid",
            ],
            UplinkCommandLine.For(network));
    }
    [Theory]
    [InlineData(NetworkMode.User, false)]
    [InlineData(NetworkMode.Isolated, true)]
    public void Where_there_is_no_way_out_slirp_lets_nothing_out(NetworkMode mode, bool restricted)
    {
        var network = new NetworkPlan { Lab = "demo", Mode = mode, Subnet = Subnet.Parse("10.77.0.0/24"), Domain = "demo.lab", Paths = new NetworkPaths("/run/demo") };
        Assert.Equal(restricted, UplinkCommandLine.For(network).Any(argument => argument.EndsWith(",restrict=on", StringComparison.Ordinal)));
    }
}
