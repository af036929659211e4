using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks;

/// <summary>Ports 1 to 3 are guests, port 9 is the uplink; station A is on 1, B on 2, C on 3, G (the gateway) on 9.</summary>
public sealed class LearningSwitchTests
{
    private const string A = "52:54:00:00:00:0a", B = "52:54:00:00:00:0b", C = "52:54:00:00:00:0c";
    private const string G = "52:54:00:00:00:99", Broadcast = "ff:ff:ff:ff:ff:ff", Multicast = "01:00:5e:00:00:fb";
    private const string SlirpGateway = "52:55:0a:4d:00:02", SlirpIpv6 = "52:56:00:00:00:02";

    private readonly ManualTime time = new();
    private readonly LearningSwitch fabric;

    public LearningSwitchTests()
    {
        fabric = new LearningSwitch(time);
        foreach (int guest in (int[])[1, 2, 3])
        {
            fabric.AddPort(guest, PortKind.Guest);
        }

        fabric.AddPort(9, PortKind.Uplink);
    }

    [Theory]
    [InlineData(1, A, Broadcast, "2 3 9")]
    [InlineData(1, A, Multicast, "2 3 9")]
    [InlineData(9, G, Broadcast, "1 2 3")]
    [InlineData(1, A, B, "2 3")]
    [InlineData(9, G, B, "1 2 3")]
    [InlineData(1, A, SlirpGateway, "9")]
    [InlineData(1, A, SlirpIpv6, "9")]
    [InlineData(9, SlirpGateway, SlirpIpv6, "")]
    public void A_station_never_heard_of(int from, string source, string destination, string expected) =>
        Assert.Equal(expected, Send(from, source, destination));

    [Theory]
    [InlineData(1, A, B, "2")]
    [InlineData(3, C, A, "1")]
    [InlineData(9, G, B, "2")]
    [InlineData(1, A, G, "9")]
    [InlineData(2, B, B, "")]
    public void A_station_that_has_spoken(int from, string source, string destination, string expected)
    {
        SayHello();
        Assert.Equal(expected, Send(from, source, destination));
    }

    [Fact]
    public void A_station_that_moves_is_found_where_it_spoke_last()
    {
        SayHello();
        Send(3, B, Broadcast);
        Assert.Equal("3", Send(1, A, B));
    }

    [Fact]
    public void A_station_that_is_silent_for_five_minutes_is_forgotten()
    {
        SayHello();
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("2", Send(1, A, B));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("2 3", Send(1, A, B));
    }

    [Fact]
    public void Guest_traffic_never_reaches_the_uplink_even_when_the_guest_is_forgotten()
    {
        SayHello();
        fabric.RemovePort(2);
        Assert.Equal("3", Send(1, A, B));
    }

    [Fact]
    public void A_port_that_is_gone_neither_sends_nor_gets()
    {
        fabric.RemovePort(2);
        Assert.Equal("3 9", Send(1, A, Broadcast));
        Assert.Equal("", Send(2, B, Broadcast));
        fabric.RemovePort(2);
    }

    [Fact]
    public void Without_an_uplink_frames_for_slirp_go_nowhere_else_than_any_unknown()
    {
        fabric.RemovePort(9);
        Assert.Equal("2 3", Send(1, A, SlirpGateway));
    }

    [Fact]
    public void Short_frames_are_dropped() => Assert.True(fabric.Forward(1, new byte[13]).IsEmpty);

    [Fact]
    public void A_group_address_is_never_learned_as_a_source()
    {
        Send(1, Multicast, Broadcast);
        Assert.Equal(0, fabric.StationCount);
    }

    [Fact]
    public void A_guest_that_makes_up_addresses_fills_a_bounded_table_which_empties_with_time()
    {
        var small = new LearningSwitch(time, capacity: 10);
        small.AddPort(1, PortKind.Guest);
        small.AddPort(2, PortKind.Guest);
        for (int i = 0; i < 100; i++)
        {
            small.Forward(1, Frame($"52:54:00:00:01:{i:x2}", Broadcast));
        }

        Assert.Equal(10, small.StationCount);
        time.Advance(TimeSpan.FromMinutes(6));
        small.Forward(2, Frame(B, Broadcast));
        Assert.Equal(1, small.StationCount);
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        SayHello();
        byte[] unicast = Frame(A, B), broadcast = Frame(A, Broadcast);
        fabric.Forward(1, unicast);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            fabric.Forward(1, unicast);
            fabric.Forward(1, broadcast);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    private void SayHello()
    {
        Send(1, A, Broadcast);
        Send(2, B, Broadcast);
        Send(3, C, Broadcast);
        Send(9, G, Broadcast);
    }

    private string Send(int from, string source, string destination) =>
        string.Join(' ', fabric.Forward(from, Frame(source, destination)).ToArray().Order());

    private static byte[] Frame(string source, string destination) => [.. Bytes(destination), .. Bytes(source), 0x08, 0x00, 1, 2, 3, 4];

    private static byte[] Bytes(string address) => Convert.FromHexString(address.Replace(":", "", StringComparison.Ordinal));
}
