using System.Net;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Tests.Networks.Bridges;

namespace QemuLab.Tests.Networks;

public sealed class BalancedForwardsTests
{
    private static readonly NetworkPlan Network = new()
    {
        Lab = "k8s",
        Subnet = Subnet.Parse("10.77.0.0/24"),
        Domain = "k8s.lab",
        Paths = new NetworkPaths("/nowhere"),
        Balanced =
        [
            new BalancedPort("web", Plans.Tcp("127.0.0.1", 8080, 80), ["web0", "web1"]),
            new BalancedPort("web", new PortForward(IPAddress.Any, 5353, 53, TransportProtocol.Udp), ["web0", "web1"]),
            new BalancedPort("db", Plans.Tcp("127.0.0.1", 5432, 5432), ["db"]),
        ],
    };

    private static NetworkRecord Connect(NetworkRecord record, string name, int n) =>
        record.With(Plans.Machine(name, n), BalancedForwards.For(Network, name, record));

    [Fact]
    public void Machines_are_behind_the_ports_of_their_group_in_the_order_of_their_addresses()
    {
        NetworkRecord record = Connect(Connect(Connect(new NetworkRecord(), "web1", 12), "web0", 11), "other", 13);

        IReadOnlyList<PublishedPort> published = BalancedForwards.Published(record);

        Assert.Equal(["127.0.0.1:8080/tcp", "0.0.0.0:5353/udp"], published.Select(port => port.HostSide));
        Assert.All(published, port => Assert.Equal(["web0", "web1"], port.Backends.Select(backend => backend.Machine)));
        Assert.Equal([80, 80, 53, 53], published.SelectMany(port => port.Backends).Select(backend => backend.GuestPort));
        Assert.Equal(
            record.Forwards("web0").Select(forward => (forward.HostPort, forward.GuestPort)),
            published.Select(port => (port.Backends[0].ForwardPort, port.Backends[0].GuestPort)));
        Assert.Equal("10.77.0.11", published[0].Backends[0].Address);
        Assert.Empty(record.Forwards("other"));
    }

    [Fact]
    public void A_machine_that_is_connected_again_keeps_its_forwards()
    {
        NetworkRecord before = Connect(new NetworkRecord(), "web0", 11);

        Assert.Equal(before.Forwards(), Connect(before, "web0", 11).Forwards());
        Assert.Equal(before.Forwards(), BalancedForwards.Planned(Network, before).Forwards());
    }

    [Fact]
    public void A_plan_with_other_ports_changes_those_of_connected_machines()
    {
        NetworkRecord before = Connect(new NetworkRecord(), "web0", 11);
        HostForward kept = before.Forwards().Last();

        NetworkRecord after = BalancedForwards.Planned(Network with { Balanced = [Network.Balanced[1], new BalancedPort("web", Plans.Tcp("127.0.0.1", 9090, 80), ["web0"])] }, before);

        Assert.Equal(["0.0.0.0:5353/udp", "127.0.0.1:9090/tcp"], BalancedForwards.Published(after).Select(port => port.HostSide));
        Assert.Equal(kept, after.Forwards().First());
        Assert.Empty(BalancedForwards.Planned(Network with { Balanced = [] }, before).Forwards());
    }

    [Fact]
    public void A_forward_whose_port_was_taken_moves_and_no_other()
    {
        NetworkRecord before = Connect(Connect(new NetworkRecord(), "web0", 11), "web1", 12);
        HostForward taken = before.Forwards("web0").First();

        NetworkRecord after = BalancedForwards.Moved(before, [taken]);

        Assert.DoesNotContain(taken, after.Forwards());
        Assert.Equal(before.Forwards().Except([taken]), after.Forwards().Intersect(before.Forwards()));
        Assert.Equal(before.Forwards().Count(), after.Forwards().Count());
    }

    [Fact]
    public void A_machine_that_leaves_takes_the_port_with_it_where_it_was_the_last()
    {
        NetworkRecord record = Connect(Connect(new NetworkRecord(), "web0", 11), "db", 20);

        Assert.Equal(["127.0.0.1:5432/tcp"], BalancedForwards.Published(record.Without("web0")).Select(port => port.HostSide));
    }
}
