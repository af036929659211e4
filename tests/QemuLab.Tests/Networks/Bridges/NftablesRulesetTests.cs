using System.Net;
using QemuLab.Engine;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks.Bridges;

/// <summary>The rules of a network, as reviewed; the integration tests give them to the real nft.</summary>
[Trait("Category", "golden")]
public sealed class NftablesRulesetTests
{
    [Fact]
    public void A_lab_with_a_virtual_ip_pods_ipv6_and_published_ports() => Matches("lab", Plans.Bridge() with
    {
        Prefix6 = IPAddress.Parse("fd12:3456:789a:1::"),
        Routes = [new NetworkRoute(Subnet.Parse("10.200.1.0/24"), IPAddress.Parse("10.77.0.14"))],
    },
    [
        Plans.Machine("gateway", 10, Plans.Tcp("127.0.0.1", 2210, 22), Plans.Tcp("0.0.0.0", 6443, 6443)) with { SharedAddresses = [IPAddress.Parse("10.77.0.100")] },
        Plans.Machine("control0", 11, Plans.Tcp("127.0.0.1", 2211, 22)) with { HiddenAddresses = [IPAddress.Parse("10.77.0.100")] },
        Plans.Machine("worker0", 14, new PortForward(IPAddress.Parse("192.0.2.7"), 5353, 53, TransportProtocol.Udp)) with { RoutedNetworks = [Subnet.Parse("10.200.1.0/24")] },
    ], NetworkImpairments.None);

    [Fact]
    public void Ports_that_lead_to_the_machines_of_a_group_in_turn() => Matches("balanced", Plans.Bridge() with
    {
        Balanced =
        [
            new BalancedPort("web", Plans.Tcp("127.0.0.1", 8080, 80), ["web0", "web1", "web2"]),
            new BalancedPort("web", new PortForward(IPAddress.Any, 5353, 53, TransportProtocol.Udp), ["web0", "web1", "web2"]),
            new BalancedPort("db", Plans.Tcp("127.0.0.1", 5432, 5432), ["db"]),
        ],
    },
    [Plans.Machine("web0", 11), Plans.Machine("web2", 13)], NetworkImpairments.None);

    [Fact]
    public void A_bridge_of_somebody_elses() => Matches("existing", Plans.Bridge() with { Mode = NetworkMode.Existing, Bridge = "br0" },
        [Plans.Machine("one", 11, Plans.Tcp("127.0.0.1", 2211, 22))], NetworkImpairments.None);

    [Fact]
    public void Cuts_partitions_losses_and_rates() => Matches("impaired", Plans.Bridge() with { Mode = NetworkMode.Existing, Bridge = "br0" }, [], new NetworkImpairments
    {
        Links = new Dictionary<string, LinkImpairment>
        {
            ["two"] = new(LossPercent: 0.5, BitsPerSecond: 8_000_000),
            ["one"] = new(IsCut: true),
            ["three"] = new(LossPercent: 100),
            ["four"] = new(Delay: TimeSpan.FromMilliseconds(20)),
        },
        Partitions = [new MachinePair("one", "four")],
    });

    [Fact]
    public void A_port_of_an_IPv6_address_needs_IPv6()
    {
        MachineConnection machine = Plans.Machine("one", 11, Plans.Tcp("::", 8080, 80));

        Assert.Equal("not-supported", Assert.Throws<QemuLabException>(() => NftablesRuleset.For(Plans.Bridge(), [machine], NetworkImpairments.None)).Code);
        Assert.Contains("meta nfproto ipv6 fib daddr type local tcp dport 8080 dnat ip6 to [fd00::b]:80",
            NftablesRuleset.For(Plans.Bridge() with { Prefix6 = IPAddress.Parse("fd00::") }, [machine], NetworkImpairments.None), StringComparison.Ordinal);
    }

    [Fact]
    public void Queues_carry_the_rate_and_the_delay_of_both_ways()
    {
        string[] lines =
        [
            .. QueueBatch.For(Plans.Bridge(), "one", new LinkImpairment(Delay: TimeSpan.FromMilliseconds(20.5))),
            .. QueueBatch.For(Plans.Bridge(), "one", new LinkImpairment(Delay: TimeSpan.FromMilliseconds(20), BitsPerSecond: 1_000_000)),
            .. QueueBatch.For(Plans.Bridge(), "one", new LinkImpairment(BitsPerSecond: 100_000_000)),
            .. QueueBatch.For(Plans.Bridge(), "one", null),
        ];

        Assert.Equal(
        [
            "qdisc replace dev qt-k8s_one root netem delay 41ms limit 10000",
            "qdisc replace dev qt-k8s_one root netem delay 40ms rate 1000000bit limit 10000",
            "qdisc replace dev qt-k8s_one root tbf rate 100000000bit burst 625000 latency 200ms",
            "qdisc delete dev qt-k8s_one root",
        ], lines);
    }

    private static void Matches(string name, NetworkPlan network, IReadOnlyList<MachineConnection> machines, NetworkImpairments impairments) =>
        Golden.Matches(Path.Combine(Golden.Cases, "nftables", name + ".nft"), NftablesRuleset.For(network, machines, impairments));
}
