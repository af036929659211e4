using System.Net;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks.Bridges;

/// <summary>What dnsmasq is told, as reviewed; the integration tests give it to the real one.</summary>
[Trait("Category", "golden")]
public sealed class DnsmasqConfigurationTests
{
    private static readonly NetworkPlan Lab = Plans.Bridge() with
    {
        Hosts = [Host("gateway", 10), Host("control0", 11)],
    };

    [Fact]
    public void A_lab_of_machines_only() => Matches("plain", Lab);

    [Fact]
    public void Records_wildcards_a_range_options_and_IPv6() => Matches("full", Lab with
    {
        Prefix6 = IPAddress.Parse("fd12:3456:789a:1::"),
        Domain = "k8s.example",
        Mtu = 1400,
        Records =
        [
            Record("kubernetes.k8s.example", "10.77.0.100"),
            Record("*.apps.k8s.example", "10.77.0.200"),
            Record("registry.example.com", "10.77.0.11"),
            Record("*.cloud.example.com", "10.77.0.13"),
            Record("cloud.example.com", "10.77.0.14"),
            Record("deep.below.k8s.example", "10.77.0.12"),
        ],
        Dhcp = new DhcpPlan(new AddressRange(IPAddress.Parse("10.77.0.150"), IPAddress.Parse("10.77.0.199")), TimeSpan.FromMinutes(30),
            [new DhcpOption(42, "10.77.0.10"), new DhcpOption(67, "grubx64.efi")]),
    });

    private static NetworkHost Host(string name, int n) => new(name, Plans.Bridge().Subnet.Address(n), MacAddress.For("k8s", name, 0));

    private static NameRecord Record(string name, string address) => new(name, IPAddress.Parse(address));

    private static void Matches(string name, NetworkPlan network) =>
        Golden.Matches(Path.Combine(Golden.Cases, "dnsmasq", name + ".conf"), DnsmasqConfiguration.For(network, "ann"));
}
