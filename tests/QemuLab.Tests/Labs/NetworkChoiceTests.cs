using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Labs;

/// <summary>What the planner chooses for a network where the file leaves it open, and what it refuses.</summary>
public sealed class NetworkChoiceTests
{
    private static readonly HostFacts Able = Fakes.Hosts.ByName["linux-x64-kvm"];
    private static readonly HostFacts Unable = Fakes.Hosts.ByName["linux-x64-tcg"];

    [Theory]
    [InlineData(true, null, NetworkMode.Bridge, "auto: a bridge can be made here")]
    [InlineData(false, null, NetworkMode.User, "auto: no bridge, because it takes CAP_NET_ADMIN, which QemuLab does not have")]
    [InlineData(true, "user", NetworkMode.User, "auto: it was user before")]
    [InlineData(true, "bridge", NetworkMode.Bridge, "auto: it was bridge before")]
    [InlineData(false, "bridge", NetworkMode.User, "auto: no bridge, because it takes CAP_NET_ADMIN, which QemuLab does not have")]
    [InlineData(false, "user", NetworkMode.User, "auto: it was user before")]
    public void Auto_is_a_bridge_where_one_may_be_made_and_stays_what_it_was(bool isAble, string? before, NetworkMode mode, string reason)
    {
        LabAllocations allocations = before is null ? LabAllocations.None : new LabAllocations { NetworkModes = new Dictionary<string, string> { ["lan"] = before } };

        NetworkPlan network = Plan("mode: auto", isAble ? Able : Unable, context => context with { Allocations = allocations });

        Assert.Equal((mode, reason), (network.Mode, network.ModeReason));
    }

    [Theory]
    [InlineData("mode: bridge", "linux-x64-tcg", "no-net-admin")]
    [InlineData("mode: existing, bridge: br0, subnet: 10.77.0.0/24", "linux-x64-tcg", "no-net-admin")]
    [InlineData("mode: vmnet-shared", "linux-x64-kvm", "mode-not-here")]
    [InlineData("mode: bridge", "macos-arm64-hvf", "mode-not-here")]
    public void A_mode_that_cannot_be_had_here_is_refused_with_a_hint(string network, string host, string code)
    {
        QemuLabException refused = Assert.Throws<QemuLabException>(() => Plan(network, Fakes.Hosts.ByName[host]));

        Assert.Equal(code, refused.Code);
        Assert.Contains("user", refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode: bridge, subnet: 10.80.0.0/24", "the subnet 10.80.0.0/24 is used by the host's interface docker0 (10.80.0.0/16)")]
    [InlineData("mode: bridge, subnet: 10.81.0.0/24", "the subnet 10.81.0.0/24 is used by lab demo")]
    [InlineData("mode: user, subnet: 10.81.0.0/24", "the subnet 10.81.0.0/24 is used by lab demo")]
    public void A_subnet_that_is_taken_names_the_holder_and_a_free_one(string network, string message)
    {
        QemuLabException refused = Assert.Throws<QemuLabException>(() => Plan(network, Able, Busy));

        Assert.Equal(("subnet-taken", message), (refused.Code, refused.Message));
        Assert.Matches("^10\\.77\\.[0-9]+\\.0/24 is free; left out of the file, a free one is chosen$", refused.Hint);
    }

    [Theory]
    [InlineData("mode: user, subnet: 10.80.0.0/24")]
    [InlineData("mode: isolated, subnet: 10.80.0.0/24")]
    public void A_rootless_network_may_have_the_numbers_of_a_route_of_the_host(string network) =>
        Assert.Equal("10.80.0.0/24", Plan(network, Able, Busy).Subnet.ToString());

    [Fact]
    public void The_route_of_the_networks_own_bridge_is_no_clash() =>
        Assert.Equal("10.82.0.0/24", Plan("mode: bridge, subnet: 10.82.0.0/24", Able, Busy).Subnet.ToString());

    [Fact]
    public void Auto_takes_a_free_subnet_and_keeps_the_one_that_it_had()
    {
        Subnet first = Plan("subnet: auto", Able).Subnet;
        Assert.Equal(first, Plan("mode: user", Able).Subnet);

        Subnet other = Plan("subnet: auto", Able, context => context with { SubnetsOfOtherLabs = [new SubnetUse(first, "lab demo")] }).Subnet;
        Assert.NotEqual(first, other);
        Assert.Equal("10.99.0.0/24", Plan("subnet: auto", Able, context => context with { Allocations = new LabAllocations { Subnet = "10.99.0.0/24" } }).Subnet.ToString());
    }

    [Fact]
    public void No_machine_is_given_an_address_of_a_range_or_of_a_record()
    {
        NetworkPlan network = Plan("""
            subnet: 10.77.0.0/24, loadBalancer: 10.77.0.10-10.77.0.19, dhcp: { range: 10.77.0.21-10.77.0.30 }, records: { registry: 10.77.0.31 }
            """, Able, context => context with { Allocations = new LabAllocations { Addresses = new Dictionary<string, string> { ["b"] = "10.77.0.15", ["c"] = "10.77.0.40" } } });

        Assert.Equal(["a 10.77.0.20", "b 10.77.0.32", "c 10.77.0.40"], network.Hosts.Select(host => $"{host.Name} {host.Address}"));
    }

    [Fact]
    public void A_subnet_whose_ranges_leave_no_room_is_full() =>
        Assert.Equal("subnet-full", Assert.Throws<QemuLabException>(() => Plan("subnet: 10.77.0.0/27, loadBalancer: 10.77.0.6-10.77.0.30", Able)).Code);

    private static PlanContext Busy(PlanContext context) => context with
    {
        SubnetsOfOtherLabs = [new SubnetUse(Subnet.Parse("10.81.0.0/24"), "lab demo")],
        Host = context.Host with
        {
            SubnetsInUse = [SubnetUse.OfInterface(Subnet.Parse("10.80.0.0/16"), "docker0"), SubnetUse.OfInterface(Subnet.Parse("10.82.0.0/24"), "ql-x")],
        },
    };

    private static NetworkPlan Plan(string network, HostFacts host, Func<PlanContext, PlanContext>? change = null)
    {
        Lab lab = LabFiles.Lab($$"""
            name: x
            image: micro
            network: { {{network.Trim()}} }
            groups: { a: {}, b: {}, c: {} }
            """);
        PlanContext context = new()
        {
            Host = host,
            Paths = new StatePaths("/h"),
            Images = LabFiles.Images.ToDictionary(image => image.Name, image => new PlannedImage(image, null)),
        };
        return NetworkPlanner.For(lab, change is null ? context : change(context)).Networks[0];
    }
}
