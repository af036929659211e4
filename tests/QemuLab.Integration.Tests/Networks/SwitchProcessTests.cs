using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>The switch process alone, without QEMU.</summary>
public sealed class SwitchProcessTests : IAsyncLifetime
{
    private const int Limit = 30_000;

    private readonly string home = Directory.CreateTempSubdirectory("qls-").FullName;
    private ProcessIdentity process = null!;

    private NetworkPaths Paths => new(home);

    private SwitchClient Client => new(Paths);

    public async ValueTask InitializeAsync() => process = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await process.EndAsync(TimeSpan.FromSeconds(3));
        Directory.Delete(home, recursive: true);
    }

    [Fact(Timeout = Limit)]
    public async Task Two_peers_talk_and_a_third_does_not_hear_them()
    {
        using TestPeer one = await PeerAsync("one", 1), two = await PeerAsync("two", 2), three = await PeerAsync("three", 3);
        two.Broadcast("here I am"u8);
        Assert.Equal("here I am"u8.ToArray(), await one.ReceivePayloadAsync());
        Assert.Equal("here I am"u8.ToArray(), await three.ReceivePayloadAsync());

        one.Send(two.Mac, "for two only"u8);
        one.Broadcast("for all"u8);

        Assert.Equal("for two only"u8.ToArray(), await two.ReceivePayloadAsync());
        Assert.Equal("for all"u8.ToArray(), await two.ReceivePayloadAsync());
        Assert.Equal("for all"u8.ToArray(), await three.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task The_uplink_gets_broadcasts_and_what_is_for_it_but_never_what_is_for_a_guest()
    {
        using TestPeer guest = await PeerAsync("one", 1), uplink = await PeerAsync(NetworkPaths.UplinkPort, 9);
        guest.Send([0x52, 0x54, 0, 0, 0, 7], "for a guest unheard of"u8);
        guest.Broadcast("for all"u8);
        Assert.Equal("for all"u8.ToArray(), await uplink.ReceivePayloadAsync());

        uplink.Broadcast("I am the uplink"u8);
        Assert.Equal("I am the uplink"u8.ToArray(), await guest.ReceivePayloadAsync());
        guest.Send(uplink.Mac, "for you"u8);

        Assert.Equal("for you"u8.ToArray(), await uplink.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Frames_up_to_64_KiB_pass_whole()
    {
        using TestPeer one = await PeerAsync("one", 1), two = await PeerAsync("two", 2);
        byte[] large = new byte[65_536];
        Random.Shared.NextBytes(large);

        one.Send(two.Mac, large);

        Assert.Equal(large, await two.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Absent_and_slow_peers_cost_frames_that_are_counted_and_hold_nobody_up()
    {
        using TestPeer one = await PeerAsync("one", 1), slow = await PeerAsync("slow", 2), two = await PeerAsync("two", 3);
        await Client.AddPortAsync("absent");
        for (int i = 0; i < 500; i++)
        {
            one.Broadcast([(byte)i]);
            Assert.Equal([(byte)i], await two.ReceivePayloadAsync());
        }

        await Task.Delay(300);
        Dictionary<string, PortCounters> ports = (await Client.ListAsync()).ToDictionary(port => port.Name, port => port.Counters);
        Assert.Equal((500, 500 * 15), (ports["one"].FramesIn, ports["one"].BytesIn));
        Assert.Equal((500, 0), (ports["two"].FramesOut, ports["two"].Drops));
        Assert.Equal(500, ports["absent"].Drops);
        Assert.InRange(ports["slow"].Drops, 1, 499);
    }

    [Fact(Timeout = Limit)]
    public async Task A_burst_beyond_the_kernels_queue_waits_for_its_reader()
    {
        using TestPeer one = await PeerAsync("one", 1), two = await PeerAsync("two", 2);
        byte[] payload = new byte[1500];
        for (int i = 0; i < 200; i++)
        {
            payload[0] = (byte)i;
            one.Broadcast(payload);
        }

        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(i, (await two.ReceivePayloadAsync())[0]);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task After_a_kill_a_new_switch_serves_the_old_ports_by_itself()
    {
        using TestPeer one = await PeerAsync("one", 1), two = await PeerAsync("two", 2);
        process.Kill();
        await process.WaitForExitAsync(TimeSpan.FromSeconds(5));

        process = await StartAsync();
        one.Send(two.Mac, "still there"u8);

        Assert.Equal("still there"u8.ToArray(), await two.ReceivePayloadAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_switch_on_the_same_folder_refuses()
    {
        CommandResult second = await new CommandRunner().RunAsync(Switch);

        Assert.Equal(6, second.ExitCode);
        Assert.Contains("another switch", second.Error, StringComparison.Ordinal);
        Assert.Equal(process.ProcessId, (await Client.FindAsync())?.ProcessId);
    }

    [Fact(Timeout = Limit)]
    public async Task Hang_up_and_interrupt_are_ignored_and_SIGTERM_removes_everything_but_the_log()
    {
        using TestPeer one = await PeerAsync("one", 1);
        foreach (string signal in (string[])["-HUP", "-INT", "-QUIT"])
        {
            using Process kill = Process.Start("kill", [signal, $"{process.ProcessId}"]);
            await kill.WaitForExitAsync();
        }

        await Task.Delay(100);
        Assert.NotNull(await Client.FindAsync());
        process.Terminate();

        Assert.True(await process.WaitForExitAsync(TimeSpan.FromSeconds(3)));
        Assert.Equal([Paths.QemuPort("one"), Paths.SwitchLog], Directory.GetFileSystemEntries(home).Order());
    }

    [Fact(Timeout = Limit)]
    public async Task Quit_ends_it()
    {
        await Client.QuitAsync();

        Assert.True(await process.WaitForExitAsync(TimeSpan.FromSeconds(3)));
    }

    [Fact(Timeout = Limit)]
    public async Task Nonsense_on_the_control_socket_is_answered_and_does_no_harm()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Paths.SwitchControl));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await stream.WriteAsync("hello\n{}\n{\"command\":\"dance\"}\n{\"command\":\"add-port\",\"port\":\"../x\"}\n"u8.ToArray());

        for (int i = 0; i < 4; i++)
        {
            Assert.Contains("\"error\"", await reader.ReadLineAsync(), StringComparison.Ordinal);
        }

        await Record.ExceptionAsync(async () =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(new string('x', 2_000_000)));
            Assert.Null(await reader.ReadLineAsync());
        });
        Assert.Equal(SwitchProcess.Version, (await Client.FindAsync())?.Version);
    }

    private Command Switch => TestNetwork.Self with { Arguments = ["switch", "--directory", home], TimeLimit = TimeSpan.FromSeconds(20) };

    private Task<ProcessIdentity> StartAsync() => DetachedProcess.StartAsync(Switch);

    private async Task<TestPeer> PeerAsync(string name, byte number)
    {
        await Client.AddPortAsync(name);
        return new TestPeer(Paths, name, number);
    }
}
