using System.Net;
using System.Net.Sockets;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Needs qemu-system-x86_64; boots nothing.</summary>
public sealed class PortForwardTests
{
    private const int Limit = 30_000;

    private static readonly IPAddress Host = IPAddress.Parse("127.77.0.1");

    [Fact(Timeout = Limit)]
    public async Task A_forward_is_there_from_connecting_to_disconnecting()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        PortForward forward = Forward(22), datagrams = Forward(53, TransportProtocol.Udp);
        var machine = new MachineConnection("one", network.Address(11), [forward, datagrams]);

        await network.Backend.ConnectAsync(network.Plan, machine);
        await network.Backend.ConnectAsync(network.Plan, machine);
        Assert.False(IsFree(forward));
        Assert.False(IsFree(datagrams));

        await network.Backend.DisconnectAsync(network.Plan, machine);
        await network.Backend.DisconnectAsync(network.Plan, machine);
        Assert.True(IsFree(forward));
        Assert.True(IsFree(datagrams));
        Assert.Equal([NetworkPaths.UplinkPort], (await network.Switch.ListAsync()).Select(port => port.Name));
    }

    [Fact(Timeout = Limit)]
    public async Task Connecting_with_other_forwards_replaces_them()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        PortForward old = Forward(22), next = Forward(80);
        var machine = new MachineConnection("one", network.Address(11), [old]);

        await network.Backend.ConnectAsync(network.Plan, machine);
        await network.Backend.ConnectAsync(network.Plan, machine with { Forwards = [next] });

        Assert.True(IsFree(old));
        Assert.False(IsFree(next));
    }

    [Fact(Timeout = Limit)]
    public async Task A_taken_port_is_reported_with_its_holder_and_nothing_of_the_connection_stays()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        PortForward good = Forward(22);
        using var taken = new TcpListener(Host, 0);
        taken.Start();
        var bad = new PortForward(Host, ((IPEndPoint)taken.LocalEndpoint).Port, 80, TransportProtocol.Tcp);
        var machine = new MachineConnection("one", network.Address(11), [good, bad]);

        var error = await Assert.ThrowsAsync<QemuLabException>(() => network.Backend.ConnectAsync(network.Plan, machine));

        Assert.Equal("port-taken", error.Code);
        Assert.Contains($"{Host}:{bad.HostPort}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"pid {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        Assert.True(IsFree(good));
        Assert.Single(await network.Switch.ListAsync());
        taken.Stop();
        await network.Backend.ConnectAsync(network.Plan, machine);
        Assert.False(IsFree(bad));
    }

    [Fact(Timeout = Limit)]
    public async Task A_port_of_another_machine_of_the_lab_is_reported_with_its_name()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        PortForward forward = Forward(22);
        await network.Backend.ConnectAsync(network.Plan, new MachineConnection("one", network.Address(11), [forward]));

        var error = await Assert.ThrowsAsync<QemuLabException>(
            () => network.Backend.ConnectAsync(network.Plan, new MachineConnection("two", network.Address(12), [forward])));

        Assert.Equal($"host port tcp:{Host}:{forward.HostPort} leads to one of this lab already", error.Message);
        Assert.False(IsFree(forward));
    }

    [Fact(Timeout = Limit)]
    public async Task A_killed_uplink_comes_back_with_its_forwards_for_a_daemon_that_knows_of_none()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        PortForward forward = Forward(22);
        using TestPeer peer = await network.ConnectAsync("one", 11, forward);
        ProcessIdentity uplink = network.UplinkProcess;
        uplink.Kill();
        await uplink.WaitForExitAsync(TimeSpan.FromSeconds(5));

        // The first thread of a process can be gone while another one still holds the sockets.
        Assert.True(SpinWait.SpinUntil(() => IsFree(forward), TimeSpan.FromSeconds(5)));

        await new UserModeNetwork(() => TestNetwork.Qemu, TestNetwork.Self, new CommandRunner()).BringUpAsync(network.Plan);

        Assert.NotEqual(uplink, network.UplinkProcess);
        Assert.False(IsFree(forward));
        peer.AskFor(network.Plan.Gateway!, network.Address(11));
        Assert.Equal([8, 6], (await peer.ReceiveAsync())[12..14]);
    }

    private static PortForward Forward(int guestPort, TransportProtocol protocol = TransportProtocol.Tcp) =>
        new(Host, TestPorts.Free(protocol), guestPort, protocol);

    private static bool IsFree(PortForward forward) => PortProbe.IsFree(forward.HostAddress, forward.HostPort, forward.Protocol);
}
