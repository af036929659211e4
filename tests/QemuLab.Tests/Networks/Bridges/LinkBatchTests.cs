using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

public sealed class LinkBatchTests
{
    private static readonly NetworkPlan Plan = Plans.Bridge() with
    {
        Prefix6 = IPAddress.Parse("fd00::"),
        Mtu = 1400,
        Routes = [new NetworkRoute(Subnet.Parse("10.200.1.0/24"), IPAddress.Parse("10.77.0.14"))],
    };

    private static readonly HostLink Bridge = new()
    {
        Name = "ql-k8s",
        Kind = "bridge",
        Alias = "qemulab k8s/lan",
        IsUp = true,
        Mtu = 1400,
        Addresses = ["10.77.0.1/24", "fd00::1/64"],
    };

    private static readonly HostLink Tap = new()
    {
        Name = "qt-k8s_one",
        Kind = "tun",
        Alias = "qemulab k8s/lan one",
        IsUp = true,
        Mtu = 1400,
        Master = "ql-k8s",
        User = "ann",
    };

    [Fact]
    public void What_is_there_is_left_alone()
    {
        Assert.Equal(["route replace 10.200.1.0/24 via 10.77.0.14 dev ql-k8s"], LinkBatch.Bridge(Plan, Bridge));
        Assert.Empty(LinkBatch.Tap(Plan, "one", new TapOwner(1000, "ann"), Tap));
        Assert.Empty(LinkBatch.Tap(Plan, "one", new TapOwner(1000, ""), Tap with { User = "1000" }));
    }

    [Fact]
    public void What_is_missing_is_made()
    {
        Assert.Equal(
        [
            $"link add dev ql-k8s address {LinkBatch.HostMac(Plan)} type bridge stp_state 0 forward_delay 0",
            "link set dev ql-k8s alias \"qemulab k8s/lan\"",
            "link set dev ql-k8s mtu 1400 up",
            "address replace 10.77.0.1/24 broadcast 10.77.0.255 dev ql-k8s",
            "address replace fd00::1/64 dev ql-k8s nodad",
            "route replace 10.200.1.0/24 via 10.77.0.14 dev ql-k8s",
        ], LinkBatch.Bridge(Plan, null));
        Assert.Equal("tuntap add dev qt-k8s_one mode tap user 1000", LinkBatch.Tap(Plan, "one", new TapOwner(1000, "ann"), null).First());
    }

    [Fact]
    public void A_tap_of_another_user_is_made_anew_unless_somebody_holds_it()
    {
        var other = new TapOwner(1001, "bob");

        Assert.Equal(["link delete dev qt-k8s_one", "tuntap add dev qt-k8s_one mode tap user 1001"], LinkBatch.Tap(Plan, "one", other, Tap).Take(2));
        Assert.Empty(LinkBatch.Tap(Plan, "one", other, Tap with { HasCarrier = true }));
    }

    [Fact]
    public void Links_are_read_as_ip_shows_them()
    {
        const string json = """
            [{},{"ifname":"lo","flags":["LOOPBACK","UP"],"mtu":65536,"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
             {"ifname":"qt-k8s_one","flags":["UP","LOWER_UP"],"mtu":1400,"master":"ql-k8s","ifalias":"qemulab k8s/lan one",
              "linkinfo":{"info_kind":"tun","info_data":{"type":"tap","user":"ann"},"info_slave_kind":"bridge"},"addr_info":[]}]
            """;

        IReadOnlyList<HostLink> links = HostLink.Parse(json);

        Assert.Equal(["127.0.0.1/8"], links[0].Addresses);
        Assert.Equal(Tap with { HasCarrier = true, Addresses = links[1].Addresses }, links[1]);
        Assert.Empty(HostLink.Parse(""));
    }
}
