using System.Globalization;
using System.Net;
using System.Net.Sockets;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>
/// Two real guests on an isolated network: names, DHCP, no way out, and links that are made worse. Needs what
/// <see cref="MicroGuestTests"/> needs.
/// </summary>
public sealed class MicroGuestServiceTests(ITestOutputHelper output)
{
    [Fact(Timeout = 180_000)]
    public async Task Guests_of_an_isolated_network_know_each_other_by_name_and_have_no_way_out()
    {
        await MicroGuest.EnsureImageAsync();
        await using var network = new TestNetwork();
        network.Plan = network.Plan with
        {
            Mode = NetworkMode.Isolated,
            Hosts = [new("one", network.Address(11), MicroGuest.MacOf(11)), new("two", network.Address(12), MicroGuest.MacOf(12))],
            Records = [new("*.apps.test.lab", network.Address(12))],
        };
        await network.BringUpAsync();
        MicroGuest one = new(network, "one", 11), two = new(network, "two", 12) { UsesDhcp = true };
        try
        {
            await Task.WhenAll(one.StartAsync(), two.StartAsync());
            Assert.Equal("one", await one.SshAsync("hostname"));
            Assert.Contains("10.99.0.12/24", await two.SshAsync("ip -4 addr show dev eth0"), StringComparison.Ordinal);
            Assert.Contains("nameserver 10.99.0.3", await two.SshAsync("cat /etc/resolv.conf"), StringComparison.Ordinal);

            foreach (string name in (string[])["two.test.lab", "two", "shop.apps.test.lab"])
            {
                Assert.Contains($"PING {name} (10.99.0.12)", await one.SshAsync($"ping -c 1 -W 5 {name}"), StringComparison.Ordinal);
            }

            Assert.Contains("PING one (10.99.0.11)", await two.SshAsync("ping -c 1 -W 5 one"), StringComparison.Ordinal);
            await NothingGetsOutAsync(one);
            await LinksAreMadeWorseAsync(network, one);
        }
        finally
        {
            one.Kill();
            two.Kill();
        }
    }

    private static async Task NothingGetsOutAsync(MicroGuest guest)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Contains("[exit", await guest.SshAsync($"timeout 5 wget -q -O - http://10.99.0.2:{port}/"), StringComparison.Ordinal);
        Assert.Contains("[exit", await guest.SshAsync("timeout 10 ping -c 1 example.com"), StringComparison.Ordinal);
        Assert.False(listener.Pending());
    }

    private async Task LinksAreMadeWorseAsync(TestNetwork network, MicroGuest from)
    {
        const string Ping = "ping -c 3 -i 0.3 -W 3 two";
        await ImpairAsync(network, new LinkImpairment(Delay: TimeSpan.FromMilliseconds(150)));
        string slow = await from.SshAsync(Ping);
        output.WriteLine(slow);
        double fastest = double.Parse(slow[(slow.IndexOf("= ", StringComparison.Ordinal) + 2)..].Split('/')[0], CultureInfo.InvariantCulture);
        Assert.InRange(fastest, 300, 3_000);

        await ImpairAsync(network, new LinkImpairment(IsCut: true));
        Assert.Contains("100% packet loss", await from.SshAsync(Ping), StringComparison.Ordinal);

        await network.Backend.ImpairAsync(network.Plan, NetworkImpairments.None);
        Assert.Contains(" 0% packet loss", await from.SshAsync(Ping), StringComparison.Ordinal);
    }

    private static Task ImpairAsync(TestNetwork network, LinkImpairment link) =>
        network.Backend.ImpairAsync(network.Plan, new NetworkImpairments { Links = new Dictionary<string, LinkImpairment> { ["two"] = link } });
}
