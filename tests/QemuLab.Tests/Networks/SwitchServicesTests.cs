using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Dhcp;
using QemuLab.Engine.Networks.Names;
using QemuLab.Tests.Fakes;
using QemuLab.Tests.Networks.Dhcp;
using QemuLab.Tests.Networks.Names;

namespace QemuLab.Tests.Networks;

/// <summary>Whole frames, as guests send them.</summary>
public sealed class SwitchServicesTests
{
    private const ulong Guest = 0x5254_0000_0001, Slirp = 0x5255_0A4D_0003, Everybody = 0xFFFF_FFFF_FFFF;
    private const uint Dns = 0x0A4D_0003, GuestAddress = 0x0A4D_000B;

    private static SwitchServices Services(bool isolated = false) => new(
        new SwitchConfiguration
        {
            SubnetText = "10.77.0.0/24",
            Domain = "k8s.lab",
            IsIsolated = isolated,
            Machines = [new("one", "10.77.0.11", "52:54:00:00:00:01")],
        },
        new ManualTime());

    private static byte[] Query(string name, uint to = Dns) => UdpFrame.Write(Slirp, Guest, new UdpHeader(GuestAddress, to, 40000, 53), DnsQueries.Query(name));

    private static byte[] Discover(MacAddress mac) => UdpFrame.Write(Everybody, mac.Value, new UdpHeader(0, uint.MaxValue, 68, 67), DhcpClient.Message(DhcpType.Discover, mac));

    [Fact]
    public void A_name_of_the_lab_is_answered_to_the_asker_as_if_by_the_DNS()
    {
        Assert.Equal(SwitchVerdict.Done, Services().Look(Query("one.k8s.lab"), out byte[]? reply));

        Assert.Equal((Guest, Slirp), (UdpFrame.ReadMac(reply), UdpFrame.ReadMac(reply.AsSpan(6))));
        Assert.True(UdpFrame.TryRead(reply, out UdpHeader header));
        Assert.Equal((Dns, GuestAddress, 53, 40000), (header.Source, header.Destination, header.SourcePort, header.DestinationPort));
        Assert.Equal("ok 10.77.0.11", DnsQueries.Say(reply![header.PayloadStart..], DnsQueries.Query("one.k8s.lab").Length - 12));
    }

    [Theory]
    [InlineData("host.k8s.lab")]
    [InlineData("host.qemulab.internal")]
    public void The_host_has_a_name(string name)
    {
        Services().Look(Query(name), out byte[]? reply);
        Assert.Equal("ok 10.77.0.2", DnsQueries.Say(reply![UdpFrame.HeaderLength..], DnsQueries.Query(name).Length - 12));
    }

    [Fact]
    public void What_is_for_others_goes_on_unchanged()
    {
        Assert.Equal(SwitchVerdict.Forward, Services().Look(Query("example.com"), out byte[]? reply));
        Assert.Null(reply);
        Assert.Equal(SwitchVerdict.Forward, Services().Look(Query("one.k8s.lab", to: 0x0808_0808), out _));
        Assert.Equal(SwitchVerdict.Forward, Services().Look(ArpFor(3), out _));
    }

    [Fact]
    public void An_isolated_network_has_an_ARP_answer_for_the_DNS_and_no_other_names()
    {
        SwitchServices services = Services(isolated: true);

        Assert.Equal(SwitchVerdict.Done, services.Look(ArpFor(3), out byte[]? arp));
        Assert.Equal([0, 2, 2, 0, 10, 77, 0, 3, 10, 77, 0, 3, 0x52, 0x54, 0, 0, 0, 1, 10, 77, 0, 11], arp![20..]);
        Assert.Equal(SwitchVerdict.Forward, services.Look(ArpFor(12), out _));
        Assert.Equal(SwitchVerdict.Done, services.Look(Query("example.com"), out byte[]? refused));
        Assert.Equal("refused, not authoritative", DnsQueries.Say(refused![UdpFrame.HeaderLength..], DnsQueries.Query("example.com").Length - 12));
        services.Look(Query("host.k8s.lab"), out byte[]? host);
        Assert.Equal("no such name", DnsQueries.Say(host![UdpFrame.HeaderLength..], DnsQueries.Query("host.k8s.lab").Length - 12));
    }

    [Fact]
    public void Who_is_sought_is_the_machine_that_has_the_address()
    {
        Assert.Equal("one", Services().Sought(ArpFor(11))?.Name);
        Assert.Null(Services().Sought(ArpFor(12)));
        Assert.Null(Services().Sought(Query("one.k8s.lab")));
        byte[] answer = ArpFor(11);
        answer[21] = 2;
        Assert.Null(Services().Sought(answer));
        Assert.Null(Services().Sought(ArpFor(11).AsSpan(..41)));
    }

    [Fact]
    public void What_is_sent_to_the_isolated_switch_itself_is_not_flooded()
    {
        byte[] ping = new byte[60];
        UdpFrame.WriteMac(ping, 0x0200_0A4D_0003);
        Assert.Equal(SwitchVerdict.Done, Services(isolated: true).Look(ping, out byte[]? reply));
        Assert.Null(reply);
    }

    [Fact]
    public void DHCP_is_answered_to_known_machines_and_never_reaches_slirp()
    {
        Assert.Equal(SwitchVerdict.Done, Services().Look(Discover(new MacAddress(Guest)), out byte[]? offer));
        Assert.True(UdpFrame.TryRead(offer, out UdpHeader header));
        Assert.Equal((Dns, GuestAddress, 67, 68), (header.Source, header.Destination, header.SourcePort, header.DestinationPort));

        Assert.Equal(SwitchVerdict.GuestsOnly, Services().Look(Discover(DhcpClient.Mac(9)), out byte[]? none));
        Assert.Null(none);
    }

    [Fact]
    public void Checksums_are_right()
    {
        byte[] frame = UdpFrame.Write(Guest, Slirp, new UdpHeader(Dns, GuestAddress, 53, 40000), "odd"u8);

        Assert.Equal(0xFFFF, Sum(frame.AsSpan(14, 20)));
        Assert.Equal(0xFFFF, Sum([.. frame.AsSpan(26, 8), 0, 17, 0, 11, .. frame.AsSpan(34), 0]));
    }

    [Fact]
    public void Any_bytes_are_survived()
    {
        var random = new Random(1);
        SwitchServices services = Services(isolated: true);
        byte[][] good = [Query("one.k8s.lab"), Discover(new MacAddress(Guest)), ArpFor(3)];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] whole = good[i % 3];
            byte[] bytes = [.. whole[..random.Next(whole.Length + 1)]];
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(Math.Min(60, bytes.Length))] = (byte)random.Next(256);
            }

            services.Look(bytes, out _);
        }
    }

    private static byte[] ArpFor(byte n) =>
        [255, 255, 255, 255, 255, 255, 0x52, 0x54, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0, 1, 10, 77, 0, 11, 0, 0, 0, 0, 0, 0, 10, 77, 0, n];

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (bytes[i] << 8) | bytes[i + 1];
        }

        return (sum & 0xFFFF) + (sum >> 16);
    }
}
