using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Balancing;

public sealed class UdpBalancerTests : IDisposable
{
    private const int Limit = 30_000;

    private readonly BalancedHost host = new(TransportProtocol.Udp);

    public void Dispose() => host.Dispose();

    [Fact(Timeout = Limit)]
    public async Task A_client_stays_with_its_machine_and_the_next_client_has_the_next_one()
    {
        using UdpClient one = Client(), two = Client(), three = Client(), four = Client();

        Assert.Equal(["web0 1", "web1 2", "web2 3", "web0 4", "web0 5", "web1 6"],
            [await AskAsync(one, 1), await AskAsync(two, 2), await AskAsync(three, 3), await AskAsync(four, 4), await AskAsync(one, 5), await AskAsync(two, 6)]);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(60_000)]
    public async Task Datagrams_of_all_sizes_pass(int bytes)
    {
        using UdpClient client = Client();

        Assert.Equal($"web0 {bytes}", await AskAsync(client, bytes));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_was_quiet_for_long_is_a_new_one()
    {
        using UdpClient client = Client();
        Assert.Equal("web0 1", await AskAsync(client, 1));

        host.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("web1 1", await AskAsync(client, 1));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_whose_machine_is_taken_away_has_the_next_one()
    {
        using UdpClient client = Client();
        Assert.Equal("web0 1", await AskAsync(client, 1));

        host.Publish(host.Guests[1], host.Guests[2]);

        Assert.StartsWith("web", await AskAsync(client, 1), StringComparison.Ordinal);
        using UdpClient other = Client();
        Assert.NotEqual("web0 1", await AskAsync(other, 1));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_keeps_asking_keeps_no_dead_machine()
    {
        using UdpClient client = Client();
        Assert.Equal("web0 1", await AskAsync(client, 1));

        host.Dead.Add("web0");
        host.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.NotEqual("web0 1", await AskAsync(client, 1));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_does_not_run_gets_nothing()
    {
        host.Dead.Add("web0");
        using UdpClient one = Client(), two = Client();

        Assert.Equal(["web1 1", "web2 1"], [await AskAsync(one, 1), await AskAsync(two, 1)]);
    }

    [Fact(Timeout = Limit)]
    public async Task More_clients_than_there_is_room_for_are_served_all_the_same()
    {
        for (int i = 0; i < 300; i++)
        {
            using UdpClient client = Client();
            Assert.StartsWith("web", await AskAsync(client, 1), StringComparison.Ordinal);
        }
    }

    private UdpClient Client()
    {
        var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        client.Connect(host.EndPoint);
        return client;
    }

    private static async Task<string> AskAsync(UdpClient client, int bytes)
    {
        await client.SendAsync(new byte[bytes], TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString((await client.ReceiveAsync(TestContext.Current.CancellationToken)).Buffer);
    }
}
