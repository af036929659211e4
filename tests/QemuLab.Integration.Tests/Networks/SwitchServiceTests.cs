using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Names, DHCP, impairments and captures of real switch processes. Needs qemu-system-x86_64 and tcpdump; boots nothing.</summary>
public sealed class SwitchServiceTests
{
    private const int Limit = 30_000;

    private static async Task<TestNetwork> UpAsync(NetworkMode mode = NetworkMode.User, string name = NetworkPlan.MainName)
    {
        var network = new TestNetwork();
        network.Plan = network.Plan with
        {
            Network = name,
            Mode = mode,
            Hosts = [new("one", network.Address(11), new MacAddress(0x5254_0000_000B)), new("two", network.Address(12), new MacAddress(0x5254_0000_000C))],
            Records = [new("*.apps.test.lab", network.Address(20))],
        };
        await network.BringUpAsync();
        return network;
    }

    private static byte[] Query(TestNetwork network, string name) => UdpFrame.Write(
        0x5255_0A63_0003, 0x5254_0000_000B,
        new UdpHeader(UdpFrame.ToNumber(network.Address(11)), UdpFrame.ToNumber(network.Plan.Dns!), 40000, 53),
        [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsMessage.NameBytes(name), 0, 1, 0, 1]);

    private static async Task<IPAddress> ResolveAsync(TestNetwork network, TestPeer peer, string name)
    {
        peer.SendFrame(Query(network, name));
        byte[] answer = await peer.ReceiveAsync();
        return new IPAddress(answer.AsSpan(answer.Length - 4));
    }

    [Fact(Timeout = Limit)]
    public async Task Names_are_known_also_to_the_successor_of_a_killed_switch()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11);
        Assert.Equal(network.Address(12), await ResolveAsync(network, one, "two.test.lab"));
        Assert.Equal(network.Address(20), await ResolveAsync(network, one, "shop.apps.test.lab"));

        ProcessIdentity killed = network.SwitchProcess;
        killed.Kill();
        await killed.WaitForExitAsync(TimeSpan.FromSeconds(5));
        await DetachedProcess.StartAsync(TestNetwork.Self with { Arguments = ["switch", "--directory", network.Paths.Directory], TimeLimit = TimeSpan.FromSeconds(20) });
        _ = network.SwitchProcess;

        Assert.Equal(network.Address(12), await ResolveAsync(network, one, "two"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_machine_is_known_after_the_network_is_brought_up_again()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11);
        network.Plan = network.Plan with { Hosts = [.. network.Plan.Hosts, new("three", network.Address(13), new MacAddress(0x5254_0000_000D))] };

        await network.BringUpAsync();

        Assert.Equal(network.Address(13), await ResolveAsync(network, one, "three.test.lab"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_has_not_spoken_yet_is_asked_for_without_waking_the_others()
    {
        await using TestNetwork network = await UpAsync();
        var ssh = new PortForward(IPAddress.Loopback, TestPorts.Free(), 22, TransportProtocol.Tcp);
        using TestPeer one = await network.ConnectAsync("one", 11, ssh), two = await network.ConnectAsync("two", 12);

        Assert.Equal(network.Address(11), await AskedForAsync(one));
        one.Broadcast("I am here"u8);
        Assert.Equal("I am here", Encoding.ASCII.GetString(await two.ReceiveAsync(), 14, 9));

        Assert.Equal(network.Address(11), await AskedForAsync(one));
        Assert.Equal(network.Address(11), await AskedForAsync(two));

        async Task<IPAddress> AskedForAsync(TestPeer peer)
        {
            while (true)
            {
                using var client = new TcpClient();
                await client.ConnectAsync(ssh.HostAddress, ssh.HostPort);
                byte[] frame = await peer.ReceiveAsync();
                if (frame[12] == 8 && frame[13] == 6)
                {
                    return new IPAddress(frame.AsSpan(38, 4));
                }
            }
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(NetworkPlan.MainName)]
    [InlineData("storage")]
    public async Task An_isolated_network_answers_for_its_DNS_and_has_slirp_only_for_the_way_in(string name)
    {
        await using TestNetwork network = await UpAsync(NetworkMode.Isolated, name);
        using TestPeer one = await network.ConnectAsync("one", 11);

        one.AskFor(network.Plan.Dns!, network.Address(11));
        byte[] arp = await one.ReceiveAsync();

        Assert.Equal([2, 0, 10, 99, 0, 3], arp[22..28]);
        Assert.Equal(network.Address(12), await ResolveAsync(network, one, "two.test.lab"));
        Assert.Equal(network.Plan.IsMain, File.Exists(network.Paths.UplinkPid));
        Assert.Equal(network.Plan.IsMain ? ["_up", "one"] : ["one"], (await network.Switch.ListAsync()).Select(port => port.Name).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_forward_to_a_network_without_a_way_in_is_refused_and_nothing_is_left_of_it()
    {
        await using TestNetwork network = await UpAsync(NetworkMode.Isolated, "storage");
        var forward = new PortForward(IPAddress.Loopback, TestPorts.Free(), 22, TransportProtocol.Tcp);

        var error = await Assert.ThrowsAsync<QemuLab.Engine.QemuLabException>(() => network.ConnectAsync("one", 11, forward));

        Assert.Equal("no-way-in", error.Code);
        Assert.Empty(await network.Switch.ListAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_delay_holds_frames_back_and_a_cut_stops_them_until_it_is_healed()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11), two = await network.ConnectAsync("two", 12);
        two.Broadcast("here"u8);
        Assert.Equal("here"u8.ToArray(), await one.ReceivePayloadAsync());

        await ImpairAsync(network, "two", new LinkImpairment(Delay: TimeSpan.FromMilliseconds(300)));
        long sent = Stopwatch.GetTimestamp();
        one.Send(two.Mac, "late"u8);
        Assert.Equal("late"u8.ToArray(), await two.ReceivePayloadAsync());
        Assert.True(Stopwatch.GetElapsedTime(sent).TotalMilliseconds >= 290);

        await ImpairAsync(network, "two", new LinkImpairment(IsCut: true));
        one.Send(two.Mac, "lost"u8);
        network.SwitchProcess.Kill();
        await network.BringUpAsync();
        one.Send(two.Mac, "lost under a new switch too"u8);
        await network.Switch.ListAsync();
        await network.Backend.ImpairAsync(network.Plan, NetworkImpairments.None);
        one.Send(two.Mac, "healed"u8);
        Assert.Equal("healed"u8.ToArray(), await two.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_partition_is_between_two_and_leaves_a_third_in_touch_with_both()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11), two = await network.ConnectAsync("two", 12), three = await network.ConnectAsync("three", 13);
        await network.Backend.ImpairAsync(network.Plan, new NetworkImpairments { Partitions = [new("one", "two")] });

        one.Broadcast("from one"u8);
        three.Broadcast("from three"u8);

        Assert.Equal("from one"u8.ToArray(), await three.ReceivePayloadAsync());
        Assert.Equal("from three"u8.ToArray(), await two.ReceivePayloadAsync());
        Assert.Equal("from three"u8.ToArray(), await one.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_capture_shows_frames_and_answers_and_tcpdump_reads_it()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11), two = await network.ConnectAsync("two", 12);
        string file = Path.Combine(network.Home, "capture.pcapng");
        using var end = new CancellationTokenSource();
        await using (FileStream stream = File.Create(file))
        {
            Task capture = network.Backend.CaptureAsync(network.Plan, stream, end.Token);
            await FirstFrameAsync(network, one, stream);
            one.Send(two.Mac, new byte[60_000]);
            await ResolveAsync(network, one, "two.test.lab");
            await end.CancelAsync();
            await capture;
        }

        CommandResult read = await new CommandRunner().RunAsync(new Command("tcpdump", "-nn", "-r", file) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.True(read.Succeeded, read.Error);
        Assert.Contains("length 60014", read.Output, StringComparison.Ordinal);
        Assert.Contains("10.99.0.11.40000 > 10.99.0.3.53: 7+ A? two.test.lab.", read.Output, StringComparison.Ordinal);
        Assert.Contains("10.99.0.3.53 > 10.99.0.11.40000: 7* 1/0/0 A 10.99.0.12", read.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_capture_that_nobody_reads_holds_nobody_up()
    {
        await using TestNetwork network = await UpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11), two = await network.ConnectAsync("two", 12);
        two.Broadcast("here"u8);
        await one.ReceivePayloadAsync();
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(network.Paths.SwitchControl));
        await socket.SendAsync("{\"command\":\"capture\"}\n"u8.ToArray());

        for (int i = 0; i < 300; i++)
        {
            one.Send(two.Mac, new byte[50_000]);
            Assert.Equal(50_000, (await two.ReceivePayloadAsync()).Length);
        }

        Assert.NotNull(await network.Switch.FindAsync());
    }

    /// <summary>The capture has begun once a frame has come through.</summary>
    private static async Task FirstFrameAsync(TestNetwork network, TestPeer peer, FileStream stream)
    {
        while (stream.Length < 500)
        {
            await ResolveAsync(network, peer, "one.test.lab");
            await Task.Delay(10);
        }
    }

    private static Task ImpairAsync(TestNetwork network, string machine, LinkImpairment impairment) =>
        network.Backend.ImpairAsync(network.Plan, new NetworkImpairments { Links = new Dictionary<string, LinkImpairment> { [machine] = impairment } });
}
