using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Who reaches whom over bridges: machines with whole IP stacks, an outside, two labs. Needs root, nftables and iproute2.</summary>
public sealed class BridgeTrafficTests
{
    private const string Outside = "198.51.100.2";

    [Fact(Timeout = 120_000)]
    public async Task Machines_reach_the_outside_masqueraded_and_are_reached_by_what_they_publish_and_by_nothing_else()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(), outside = await OutsideAsync(host);
        using var lab = new BridgeLab(host);
        await lab.Backend.BringUpAsync(lab.Plan);
        PortForward[] forwards = [BridgeLab.Forward(IPAddress.Loopback, 2201, 80), BridgeLab.Forward(IPAddress.Any, 8080, 80)];
        await using NetworkNamespace one = await lab.ConnectStackAsync("one", 11, forwards), two = await lab.ConnectStackAsync("two", 12);
        using TcpListener web = Listen(one, IPAddress.Any, 80), internet = Listen(outside, IPAddress.Any, 443), secret = Listen(host, IPAddress.Loopback, 9999);

        Assert.Equal("198.51.100.1", await ConnectAsync(one, Outside, 443, internet));
        Assert.Equal("10.99.0.12", await ConnectAsync(two, "10.99.0.11", 80, web));
        Assert.Equal("10.99.0.1", await ConnectAsync(host, "10.99.0.11", 80, web));
        Assert.Equal("10.99.0.1", await ConnectAsync(host, "127.0.0.1", 2201, web));
        Assert.Equal("10.99.0.1", await ConnectAsync(host, "127.0.0.1", 8080, web));
        Assert.Equal(Outside, await ConnectAsync(outside, "198.51.100.1", 8080, web));
        Assert.Equal("10.99.0.1", await ConnectAsync(two, "10.99.0.1", 8080, web));

        await outside.RunAsync("ip", "route", "add", "10.99.0.0/24", "via", "198.51.100.1");
        Assert.Null(await ConnectAsync(outside, "10.99.0.11", 80, web));
        await one.RunAsync("ip", "route", "add", "127.0.0.0/8", "via", "10.99.0.1", "table", "100");
        await one.RunAsync("sysctl", "-q", "-w", "net.ipv4.conf.all.route_localnet=1");
        await one.RunAsync("ip", "rule", "add", "pref", "0", "to", "127.0.0.1", "table", "100");
        Assert.Null(await ConnectAsync(one, "127.0.0.1", 9999, secret, from: "10.99.0.11"));

        await lab.Backend.DisconnectAsync(lab.Plan, lab.Machine("one", 11));
        Assert.Null(await ConnectAsync(host, "127.0.0.1", 2201, web));
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_labs_do_not_see_each_other()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        using var red = new BridgeLab(host, "red", "10.91.0.0/24");
        using var blue = new BridgeLab(host, "blue", "10.92.0.0/24", beside: red);
        await red.Backend.BringUpAsync(red.Plan);
        await blue.Backend.BringUpAsync(blue.Plan);
        await using NetworkNamespace one = await red.ConnectStackAsync("one", 11), two = await blue.ConnectStackAsync("two", 11), three = await blue.ConnectStackAsync("three", 12);
        using TcpListener web = Listen(two, IPAddress.Any, 80);

        Assert.Null(await ConnectAsync(one, "10.92.0.11", 80, web));
        Assert.Equal("10.92.0.12", await ConnectAsync(three, "10.92.0.11", 80, web));
    }

    [Fact(Timeout = 120_000)]
    public async Task IPv6_reaches_the_outside_and_the_host_keeps_its_trust_in_router_advertisements()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(), outside = await OutsideAsync(host);
        await host.RunAsync("ip", "address", "add", "2001:db8::1/64", "dev", "up0", "nodad");
        await outside.RunAsync("ip", "address", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
        using var lab = new BridgeLab(host);
        lab.Plan = lab.Plan with { Prefix6 = IPAddress.Parse("fd12:3456:789a:1::") };
        string settings = await host.RunAsync("sysctl", "-a", "-r", "^net\\.ipv6\\.conf\\.up0\\.");
        await lab.Backend.BringUpAsync(lab.Plan);
        await using NetworkNamespace one = await lab.ConnectStackAsync("one", 11, BridgeLab.Forward(IPAddress.IPv6Any, 8080, 80));
        await one.RunAsync("ip", "address", "add", "fd12:3456:789a:1::b/64", "dev", "eth0", "nodad");
        await one.RunAsync("ip", "route", "add", "default", "via", "fd12:3456:789a:1::1");
        using TcpListener web = Listen(one, IPAddress.IPv6Any, 80), internet = Listen(outside, IPAddress.IPv6Any, 443);

        Assert.Equal("2001:db8::1", await ConnectAsync(one, "2001:db8::2", 443, internet));
        Assert.Equal("2001:db8::2", await ConnectAsync(outside, "2001:db8::1", 8080, web));
        Assert.Equal(settings, await host.RunAsync("sysctl", "-a", "-r", "^net\\.ipv6\\.conf\\.up0\\."));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bridge_of_somebody_elses_gets_our_ports_and_no_other_change()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync(), outside = await OutsideAsync(host);
        using var lab = new BridgeLab(host);
        lab.Plan = lab.Plan with { Mode = NetworkMode.Existing, Bridge = "br0" };
        Assert.Equal("bridge-missing", (await Assert.ThrowsAsync<QemuLabException>(() => lab.Backend.BringUpAsync(lab.Plan))).Code);
        await host.RunAsync("ip", "link", "add", "br0", "address", "52:54:00:99:99:99", "type", "bridge");
        await host.RunAsync("ip", "address", "add", "10.99.0.1/24", "dev", "br0");
        await host.RunAsync("ip", "link", "set", "br0", "addrgenmode", "none", "up");
        await host.RunAsync("ip", "link", "set", "up0", "master", "br0");
        while (!(await host.RunAsync("ip", "link", "show", "br0")).Contains("LOWER_UP", StringComparison.Ordinal))
        {
            await Task.Delay(50);
        }

        string before;
        while ((before = await host.SnapshotAsync()).Contains("\"tentative\"", StringComparison.Ordinal))
        {
            // The kernel still asks whether somebody else has its IPv6 address.
            await Task.Delay(50);
        }

        await lab.Backend.BringUpAsync(lab.Plan);
        MachineConnection one = await lab.ConnectAsync("one", 11), two = await lab.ConnectAsync("two", 12);
        Assert.Equal(["bridge"], Tables(await host.RunAsync("nft", "list", "tables")));
        using (TapPort a = lab.Open(one), b = lab.Open(two))
        {
            while (!await b.SeesAsync("are you there?", 50))
            {
                a.Send(Frames.Arp(one.Mac, one.Mac, "0.0.0.0", "10.99.0.11", "are you there?"));
            }

            a.Send(Frames.Udp(two.Mac, one.Mac, "10.99.0.12", "10.99.0.12", 1, 2, "a spoofed one"));
            a.Send(Frames.Udp(two.Mac, one.Mac, "10.99.0.11", "10.99.0.12", 1, 2, "a good one"));
            Assert.False(await b.SeesFirstAsync("a spoofed one", "a good one"));
        }

        await lab.Backend.TakeDownAsync(lab.Plan);
        Assert.Equal(before, await host.SnapshotAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Qemu_opens_its_tap_without_any_rights_and_nobody_else_does()
    {
        const uint nobody = 65534, somebody = 1234;
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        using var lab = new BridgeLab(host);
        LinuxBridgeNetwork backend = lab.NewBackend(new TapOwner(nobody, "nobody"));
        await backend.BringUpAsync(lab.Plan);
        MachineConnection one = lab.Machine("one", 11);
        await backend.ConnectAsync(lab.Plan, one);
        await backend.ConnectAsync(lab.Plan, one);

        host.Within(() => new TapPort(lab.Tap("one"), one.Mac, asUser: nobody)).Dispose();
        Assert.Throws<IOException>(() => host.Within(() => new TapPort(lab.Tap("one"), one.Mac, asUser: somebody)));
        bool isOpenToAll = (File.GetUnixFileMode("/dev/net/tun") & UnixFileMode.OtherWrite) != 0;
        CommandResult opened = await QemuAsync(host, isOpenToAll ? nobody : 0, lab.Tap("one"));
        Assert.True(opened.Succeeded, opened.Error);
        if (isOpenToAll)
        {
            Assert.Contains("could not configure /dev/net/tun", (await QemuAsync(host, somebody, lab.Tap("one"))).Error, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_firewall_that_stands_in_the_way_is_named_with_the_command_that_helps()
    {
        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        using var lab = new BridgeLab(host);
        await lab.Backend.BringUpAsync(lab.Plan);
        Assert.Empty(await lab.Backend.WarningsAsync(lab.Plan));
        await host.RunAsync("nft", "add table ip filter; add chain ip filter DOCKER-USER; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }");

        string warning = Assert.Single(await lab.Backend.WarningsAsync(lab.Plan));

        Assert.StartsWith("Docker drops what ql-test forwards", warning, StringComparison.Ordinal);
        Assert.Contains("sudo iptables -I DOCKER-USER -i ql-test -j ACCEPT", warning, StringComparison.Ordinal);
        var told = new List<string>();
        var notices = new NetworkNotices { Listener = (_, _, message) => told.Add(message) };
        await lab.Backend.TakeDownAsync(lab.Plan);
        await new LinuxBridgeNetwork(new NetworkRights(host), notices: notices).BringUpAsync(lab.Plan);
        Assert.Equal([warning], told);
    }

    /// <summary>QEMU without a machine, told at once to quit.</summary>
    private static Task<CommandResult> QemuAsync(NetworkNamespace host, uint user, string tap) => host.RunAsync(new Command(
        "setpriv", "--reuid", $"{user}", "--regid", "65534", "--clear-groups", TestNetwork.Qemu, "-machine", "none", "-nodefaults", "-display", "none",
        "-qmp", "stdio", "-netdev", $"tap,id=n0,ifname={tap},script=no,downscript=no")
    {
        Input = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n",
        TimeLimit = TimeSpan.FromSeconds(20),
    });

    private static async Task<NetworkNamespace> OutsideAsync(NetworkNamespace host)
    {
        NetworkNamespace outside = await NetworkNamespace.CreateAsync();
        await host.CableAsync("up0", outside, "eth0");
        await host.RunAsync("ip", "link", "set", "up0", "up");
        await host.RunAsync("ip", "address", "add", "198.51.100.1/24", "dev", "up0");
        await outside.RunAsync("ip", "link", "set", "eth0", "up");
        await outside.RunAsync("ip", "address", "add", Outside + "/24", "dev", "eth0");
        return outside;
    }

    private static TcpListener Listen(NetworkNamespace space, IPAddress address, int port) => space.Within(() =>
    {
        var listener = new TcpListener(address, port);
        listener.Start();
        return listener;
    });

    /// <summary>The address that the listener sees; null where the connection does not come about.</summary>
    private static async Task<string?> ConnectAsync(NetworkNamespace space, string address, int port, TcpListener listener, string? from = null)
    {
        using Socket socket = space.Within(() => new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(from is null ? 5 : 2));
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, limit.Token);
            using Socket accepted = await listener.AcceptSocketAsync(limit.Token);
            await accepted.SendAsync(Encoding.ASCII.GetBytes("hello"));
            Assert.Equal(5, await socket.ReceiveAsync(new byte[8]));
            return ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();
        }
        catch (Exception failed) when (failed is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    private static string[] Tables(string list) => [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1])];
}
