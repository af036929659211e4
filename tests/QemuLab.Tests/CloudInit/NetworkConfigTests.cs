using System.Net;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.CloudInit;

/// <summary>The network-config of a machine with several NICs, as reviewed.</summary>
[Trait("Category", "golden")]
public sealed class NetworkConfigTests
{
    [Fact]
    public void Two_NICs_have_one_default_route_and_the_main_networks_names() => Matches("two-nics",
        Nic(Network(), 10),
        Nic(Network("storage", "10.78.0.0/24"), 10));

    [Fact]
    public void Of_an_isolated_main_network_the_way_out_is_the_other_one() => Matches("isolated-main",
        Nic(Network() with { Mode = NetworkMode.Isolated }, 10),
        Nic(Network("out", "10.78.0.0/24"), 10));

    [Fact]
    public void Nobody_is_a_way_out_of_isolated_networks() => Matches("isolated-only",
        Nic(Network() with { Mode = NetworkMode.Isolated }, 10),
        Nic(Network("storage", "10.78.0.0/24") with { Mode = NetworkMode.Isolated }, 10));

    [Fact]
    public void A_bridge_with_IPv6_an_MTU_and_networks_behind_machines() => Matches("bridge",
        Nic(Network() with
        {
            Mode = NetworkMode.Bridge,
            Bridge = "ql-demo",
            Mtu = 1400,
            Prefix6 = IPAddress.Parse("fd12:3456:789a:1::"),
            Routes =
            [
                new NetworkRoute(Subnet.Parse("10.200.1.0/24"), IPAddress.Parse("10.77.0.14")),
                new NetworkRoute(Subnet.Parse("10.200.0.0/24"), IPAddress.Parse("10.77.0.10")),
            ],
        }, 10));

    private static NetworkPlan Network(string name = NetworkPlan.MainName, string subnet = "10.77.0.0/24") => new()
    {
        Lab = "demo",
        Network = name,
        Subnet = Subnet.Parse(subnet),
        Domain = name == NetworkPlan.MainName ? "demo.lab" : name + ".demo.lab",
        Paths = new NetworkPaths("/h/run/demo"),
    };

    private static NicPlan Nic(NetworkPlan network, int n) => new(network, MacAddress.For("demo", "control0", network.IsMain ? 0 : 1), network.Subnet.Address(n));

    private static void Matches(string name, params NicPlan[] nics)
    {
        LabPlan lab = SeedPlans.Lab(SeedPlans.Spec("control0"));
        Golden.Matches(Path.Combine(Golden.Cases, "network-config", name + ".yaml"), NetworkConfig.For(lab.Machines[0] with { Nics = nics }));
    }
}
