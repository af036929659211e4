using System.Text;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Dhcp;

namespace QemuLab.Tests.Networks.Dhcp;

/// <summary>The machine one has 10.77.0.11; the pool is .100 to .102, of which .101 is the machine two's.</summary>
public sealed class DhcpServerTests
{
    private const string Own = "10.77.0.3";

    private static readonly MacAddress One = DhcpClient.Mac(1), Stranger = DhcpClient.Mac(50), Other = DhcpClient.Mac(51), Third = DhcpClient.Mac(52);

    private DateTimeOffset now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly DhcpServer server = new(Network());

    private static SwitchConfiguration Network() => new()
    {
        SubnetText = "10.77.0.0/24",
        Domain = "k8s.lab",
        Mtu = 1400,
        Machines = [new("one", "10.77.0.11", One.ToString()), new("two", "10.77.0.101", DhcpClient.Mac(2).ToString())],
        PoolFirst = "10.77.0.100",
        PoolLast = "10.77.0.102",
        Lease = TimeSpan.FromHours(1),
        Options = [new(42, "10.77.0.1,10.77.0.2"), new(67, "boot.efi"), new(66, "10.77.0.9")],
    };

    private string Ask(byte[] message) => DhcpClient.Say(server.Handle(message, now));

    private string Discover(MacAddress mac, string? wish = null) => Ask(DhcpClient.Message(DhcpType.Discover, mac, wish));

    private string Request(MacAddress mac, string address, string? chosen = Own) => Ask(DhcpClient.Message(DhcpType.Request, mac, address, chosen));

    [Fact]
    public void A_machine_of_the_lab_gets_its_planned_address()
    {
        Assert.Equal("Offer 10.77.0.11", Discover(One));
        Assert.Equal("Offer 10.77.0.11", Discover(One, "10.77.0.100"));
        Assert.Equal("Ack 10.77.0.11", Request(One, "10.77.0.11"));
        Assert.Equal("Ack 10.77.0.11", Request(One, "10.77.0.11", chosen: null));
        Assert.Equal("Ack 10.77.0.11", Ask(DhcpClient.Message(DhcpType.Request, One, current: "10.77.0.11")));
        Assert.Equal("Nak 0.0.0.0", Request(One, "10.77.0.100"));
    }

    [Fact]
    public void Others_get_addresses_of_the_pool_until_none_is_left()
    {
        Assert.Equal("Offer 10.77.0.100", Discover(Stranger));
        Assert.Equal("Ack 10.77.0.100", Request(Stranger, "10.77.0.100"));
        Assert.Equal("Offer 10.77.0.102", Discover(Other));
        Assert.Equal("Ack 10.77.0.102", Request(Other, "10.77.0.102"));
        Assert.Equal("another's", Discover(Third));

        Assert.Equal("Offer 10.77.0.100", Discover(Stranger));
        now += TimeSpan.FromHours(2);
        Assert.Equal("Offer 10.77.0.100", Discover(Third));
    }

    [Fact]
    public void An_offer_that_nobody_takes_is_free_after_a_minute()
    {
        Discover(Stranger);
        Discover(Other);
        Assert.Equal("another's", Discover(Third));
        now += TimeSpan.FromMinutes(2);
        Assert.Equal("Offer 10.77.0.100", Discover(Third));
    }

    [Fact]
    public void An_address_is_refused_to_whom_it_does_not_belong()
    {
        Request(Stranger, "10.77.0.100");
        Assert.Equal("Nak 0.0.0.0", Request(Other, "10.77.0.100"));
        Assert.Equal("Nak 0.0.0.0", Request(Other, "10.77.0.101"));
        Assert.Equal("Nak 0.0.0.0", Request(Other, "10.77.0.11"));
        Assert.Equal("Nak 0.0.0.0", Request(Other, "192.168.1.5", chosen: null));
        Assert.Equal("another's", Request(Other, "10.77.0.102", chosen: "10.77.0.4"));
    }

    [Fact]
    public void A_released_address_is_given_on_and_a_declined_one_rests()
    {
        Request(Stranger, "10.77.0.100");
        Assert.Equal("nothing", Ask(DhcpClient.Message(DhcpType.Release, Stranger, server: Own, current: "10.77.0.100")));
        Assert.Equal("Ack 10.77.0.100", Request(Other, "10.77.0.100"));

        Assert.Equal("nothing", Ask(DhcpClient.Message(DhcpType.Decline, Other, "10.77.0.100", Own)));
        Assert.Equal("Offer 10.77.0.102", Discover(Other));
        Assert.Equal("another's", Discover(Third));
        now += TimeSpan.FromMinutes(11);
        Assert.Equal("Offer 10.77.0.102", Discover(Third));
    }

    [Fact]
    public void What_a_client_is_told()
    {
        DhcpReply reply = server.Handle(DhcpClient.Message(DhcpType.Request, One, "10.77.0.11", Own), now);
        Dictionary<int, byte[]> options = DhcpClient.Options(reply.Message!);

        Assert.Equal([255, 255, 255, 0], options[1]);
        Assert.Equal([10, 77, 0, 2], options[3]);
        Assert.Equal([10, 77, 0, 3], options[6]);
        Assert.Equal("one", Encoding.ASCII.GetString(options[12]));
        Assert.Equal("k8s.lab", Encoding.ASCII.GetString(options[15]));
        Assert.Equal([5, 0x78], options[26]);
        Assert.Equal([0, 0, 14, 16], options[51]);
        Assert.Equal([10, 77, 0, 3], options[54]);
        Assert.Equal([3, .. "k8s"u8, 3, .. "lab"u8, 0], options[119]);
        Assert.Equal([10, 77, 0, 1, 10, 77, 0, 2], options[42]);
        Assert.Equal("boot.efi"u8.ToArray(), reply.Message.AsSpan(108, 8).ToArray());
        Assert.Equal((One.Value, 0x0A4D000Bu), (reply.Mac, reply.Address));
        Assert.True(reply.Message!.Length >= 300);
    }

    [Fact]
    public void A_client_that_only_asks_what_holds_is_given_no_address()
    {
        DhcpReply reply = server.Handle(DhcpClient.Message(DhcpType.Inform, Stranger, current: "10.77.0.60"), now);

        Assert.Equal("Ack 0.0.0.0", DhcpClient.Say(reply));
        Assert.Equal(0x0A4D003Cu, reply.Address);
        Assert.DoesNotContain(51, DhcpClient.Options(reply.Message!).Keys);
    }

    [Fact]
    public void A_client_that_cannot_hear_otherwise_is_answered_by_broadcast()
    {
        DhcpReply reply = server.Handle(DhcpClient.Message(DhcpType.Discover, One, broadcast: true), now);
        Assert.Equal((0xFFFF_FFFF_FFFFUL, uint.MaxValue), (reply.Mac, reply.Address));
    }

    [Fact]
    public void Leases_go_on_in_another_server()
    {
        Request(Stranger, "10.77.0.102");
        var successor = new DhcpServer(Network());
        successor.Leases.Restore(server.Leases.All);

        Assert.Equal("Offer 10.77.0.102", DhcpClient.Say(successor.Handle(DhcpClient.Message(DhcpType.Discover, Stranger), now)));
        Assert.Equal("Nak 0.0.0.0", DhcpClient.Say(successor.Handle(DhcpClient.Message(DhcpType.Request, Other, "10.77.0.102", Own), now)));
    }

    [Fact]
    public void Any_bytes_are_survived()
    {
        var random = new Random(1);
        byte[] good = DhcpClient.Message(DhcpType.Request, Stranger, "10.77.0.100", Own);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good[..random.Next(good.Length + 1)]];
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            server.Handle(bytes, now);
        }
    }
}
