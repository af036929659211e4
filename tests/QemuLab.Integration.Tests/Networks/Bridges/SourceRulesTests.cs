using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>What a machine may send through its tap, seen by its neighbour. Needs root, nftables and iproute2.</summary>
public sealed partial class SourceRulesTests
{
    private static readonly MacAddress Foreign = MacAddress.For("other", "other", 0);

    [Fact(Timeout = 120_000)]
    public async Task Own_addresses_pass_and_all_others_are_dropped()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        using var lab = new BridgeLab(host);
        lab.Plan = lab.Plan with { Prefix6 = IPAddress.Parse("fd12:3456:789a:1::") };
        await lab.Backend.BringUpAsync(lab.Plan);
        MachineConnection one = lab.Machine("one", 11) with
        {
            SharedAddresses = [IPAddress.Parse("10.99.0.100")],
            HiddenAddresses = [IPAddress.Parse("10.99.0.101")],
            RoutedNetworks = [Subnet.Parse("10.200.1.0/24")],
        };
        MachineConnection two = lab.Machine("two", 12);
        await lab.Backend.ConnectAsync(lab.Plan, one);
        await lab.Backend.ConnectAsync(lab.Plan, two);
        using TapPort from = lab.Open(one), to = lab.Open(two);
        MacAddress mac = one.Mac;
        await UntilForwardedAsync(from, to);
        (string What, bool Passes, Func<string, byte[]> Frame)[] frames =
        [
            ("its own address", true, mark => Udp(mac, "10.99.0.11", mark)),
            ("a shared address", true, mark => Udp(mac, "10.99.0.100", mark)),
            ("a hidden address", true, mark => Udp(mac, "10.99.0.101", mark)),
            ("a routed network", true, mark => Udp(mac, "10.200.1.7", mark)),
            ("a DHCP request", true, mark => Frames.Udp(Frames.Broadcast, mac, "0.0.0.0", "255.255.255.255", 68, 67, mark)),
            ("ARP for its own address", true, mark => Frames.Arp(mac, mac, "10.99.0.11", "10.99.0.12", mark)),
            ("ARP for a shared address", true, mark => Frames.Arp(mac, mac, "10.99.0.100", "10.99.0.100", mark)),
            ("an ARP probe", true, mark => Frames.Arp(mac, mac, "0.0.0.0", "10.99.0.11", mark)),
            ("its own IPv6 address", true, mark => Icmp6(mac, "fd12:3456:789a:1::b", 128, "::", mark)),
            ("a link-local address", true, mark => Icmp6(mac, "fe80::1234", 128, "::", mark)),
            ("duplicate address detection", true, mark => Icmp6(mac, "::", 135, "fd12:3456:789a:1::b", mark)),
            ("an advertisement of itself", true, mark => Icmp6(mac, "fe80::1234", 136, "fd12:3456:789a:1::b", mark)),
            ("another MAC", false, mark => Udp(Foreign, "10.99.0.11", mark)),
            ("the neighbour's address", false, mark => Udp(mac, "10.99.0.12", mark)),
            ("the host's address", false, mark => Udp(mac, "10.99.0.1", mark)),
            ("an address from elsewhere", false, mark => Udp(mac, "192.0.2.1", mark)),
            ("0.0.0.0 to anything but DHCP", false, mark => Udp(mac, "0.0.0.0", mark)),
            ("ARP for the host's address", false, mark => Frames.Arp(mac, mac, "10.99.0.1", "10.99.0.12", mark)),
            ("ARP for a hidden address", false, mark => Frames.Arp(mac, mac, "10.99.0.101", "10.99.0.12", mark)),
            ("ARP with another MAC within", false, mark => Frames.Arp(mac, Foreign, "10.99.0.11", "10.99.0.12", mark)),
            ("the neighbour's IPv6 address", false, mark => Icmp6(mac, "fd12:3456:789a:1::c", 128, "::", mark)),
            ("an advertisement of the host", false, mark => Icmp6(mac, "fe80::1234", 136, "fd12:3456:789a:1::1", mark)),
            ("another protocol", false, mark => Frames.Ethernet(Frames.Broadcast, mac, 0x88cc, Encoding.ASCII.GetBytes(mark))),
        ];
        foreach (((string what, bool passes, Func<string, byte[]> frame), int n) in frames.Select((frame, n) => (frame, n)))
        {
            string mark = string.Create(CultureInfo.InvariantCulture, $"frame-{n:00}-of-the-test");
            from.Send(frame(mark));
            // Frames keep their order: when the later, good one is there, the one in question would have been there.
            string after = mark + "-after";
            from.Send(Udp(mac, "10.99.0.11", after));
            Assert.True(passes == await to.SeesFirstAsync(mark, after), $"{what}: {(passes ? "was dropped" : "has passed")}");
        }

        byte[] Udp(MacAddress source, string address, string mark) => Frames.Udp(two.Mac, source, address, "10.99.0.12", 1000, 2000, mark);
        byte[] Icmp6(MacAddress source, string address, byte type, string about, string mark) => Frames.Icmp6(two.Mac, source, address, "fd12:3456:789a:1::c", type, about, mark);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cuts_partitions_and_losses_hold_until_they_are_healed_and_a_repair_keeps_them()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        using var lab = new BridgeLab(host);
        await lab.Backend.BringUpAsync(lab.Plan);
        MachineConnection one = await lab.ConnectAsync("one", 11), two = await lab.ConnectAsync("two", 12), three = await lab.ConnectAsync("three", 13);
        using TapPort a = lab.Open(one), b = lab.Open(two), c = lab.Open(three);
        int count = 0;
        await UntilForwardedAsync(a, b);
        await UntilForwardedAsync(a, c);

        await SeeAsync(true, true);
        await lab.Backend.ImpairAsync(lab.Plan, new NetworkImpairments { Partitions = [new MachinePair("two", "one")] });
        await SeeAsync(false, true);
        await host.RunAsync("nft", "flush", "ruleset");
        await SeeAsync(true, true);
        await lab.NewBackend().BringUpAsync(lab.Plan);
        await SeeAsync(false, true);
        await lab.Backend.ImpairAsync(lab.Plan, Link("one", new LinkImpairment(IsCut: true)));
        await SeeAsync(false, false);
        await lab.Backend.ImpairAsync(lab.Plan, Link("three", new LinkImpairment(LossPercent: 100)));
        await SeeAsync(true, false);
        await lab.Backend.ImpairAsync(lab.Plan, Link("one", new LinkImpairment(BitsPerSecond: 1_000_000)));
        Assert.Contains("tbf", await host.RunAsync("tc", "qdisc", "show", "dev", lab.Tap("one")), StringComparison.Ordinal);
        await SeeAsync(true, true);
        await DelayAsync(host, lab);
        await lab.Backend.ImpairAsync(lab.Plan, NetworkImpairments.None);
        Assert.DoesNotContain("tbf", await host.RunAsync("tc", "qdisc", "show", "dev", lab.Tap("one")), StringComparison.Ordinal);
        await SeeAsync(true, true);

        // One broadcast from the first machine: who hears it?
        async Task SeeAsync(bool second, bool third)
        {
            string mark = string.Create(CultureInfo.InvariantCulture, $"broadcast-{++count:00}-end");
            a.Send(Frames.Arp(one.Mac, one.Mac, "10.99.0.11", "10.99.0.99", mark));
            Assert.Equal((second, third), (await b.SeesAsync(mark, second ? 2000 : 200), await c.SeesAsync(mark, third ? 2000 : 200)));
        }
    }

    /// <summary>The kernel takes up to a second to see that a tap was opened.</summary>
    private static async Task UntilForwardedAsync(TapPort from, TapPort to)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            from.Send(Frames.Arp(from.Mac, from.Mac, "0.0.0.0", "10.99.0.11", "are you there?"));
            if (await to.SeesAsync("are you there?", 50))
            {
                return;
            }
        }

        Assert.Fail("nothing is forwarded");
    }

    /// <summary>By the kernel, where it can; else refused, with everything as it was.</summary>
    private static async Task DelayAsync(NetworkNamespace host, BridgeLab lab)
    {
        string before = await ImpairedAsync();
        try
        {
            await lab.Backend.ImpairAsync(lab.Plan, Link("one", new LinkImpairment(Delay: TimeSpan.FromMilliseconds(30))));
            Assert.Contains("netem", await host.RunAsync("tc", "qdisc", "show", "dev", lab.Tap("one")), StringComparison.Ordinal);
        }
        catch (QemuLabException refused)
        {
            Assert.Equal("not-supported", refused.Code);
            Assert.Contains("sch_netem", refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, await ImpairedAsync());
        }

        async Task<string> ImpairedAsync() =>
            Passing().Replace(await host.RunAsync("nft", "-j", "list", "ruleset") + await host.RunAsync("tc", "-json", "qdisc"), "");
    }

    [GeneratedRegex("\"(packets|bytes|handle)\": ?(\\d+|\"[^\"]*\")")]
    private static partial Regex Passing();

    private static NetworkImpairments Link(string machine, LinkImpairment link) => new() { Links = new Dictionary<string, LinkImpairment> { [machine] = link } };
}
