using System.Net.Sockets;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Balancing;

namespace QemuLab.Tests.Networks.Balancing;

public sealed class PortBalancersTests
{
    private const int Limit = 30_000;

    [Theory(Timeout = Limit)]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public async Task A_port_that_somebody_has_is_told_and_served_once_it_is_free(TransportProtocol protocol)
    {
        using var host = new BalancedHost(protocol);
        PublishedPort own = host.At(host.EndPoint.Port, host.Guests), wanted;
        using (var holder = new Socket(AddressFamily.InterNetwork, protocol == TransportProtocol.Tcp ? SocketType.Stream : SocketType.Dgram, ProtocolType.Unspecified))
        {
            holder.Bind(new System.Net.IPEndPoint(host.EndPoint.Address, 0));
            if (protocol == TransportProtocol.Tcp)
            {
                holder.Listen();
            }

            wanted = host.At(((System.Net.IPEndPoint)holder.LocalEndPoint!).Port, host.Guests);
            Assert.Equal([wanted], host.Balancers.Set([own, wanted]));
            Assert.False(IsFree(own));
        }

        await UntilAsync(() => host.Balancers.Set([own, wanted]).Count == 0);
        Assert.False(IsFree(wanted));
    }

    [Theory(Timeout = Limit)]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public async Task A_port_that_is_published_no_longer_is_free(TransportProtocol protocol)
    {
        using var host = new BalancedHost(protocol);
        PublishedPort own = host.At(host.EndPoint.Port, host.Guests);
        Assert.False(IsFree(own));

        Assert.Empty(host.Balancers.Set([]));

        await UntilAsync(() => IsFree(own));
        await UntilAsync(() => host.Balancers.Set([own]).Count == 0);
        Assert.False(IsFree(own));
    }

    [Fact(Timeout = Limit)]
    public async Task A_port_that_is_published_again_keeps_its_open_connections()
    {
        using var host = new BalancedHost(TransportProtocol.Tcp);
        using TcpClient open = await host.ConnectAsync();
        Assert.Equal((byte)'w', open.GetStream().ReadByte());

        host.Publish(host.Guests);

        Assert.Equal("eb0 3", await BalancedHost.AskAsync(open));
    }

    [Fact]
    public void An_address_that_is_none_is_refused()
    {
        using var host = new BalancedHost(TransportProtocol.Tcp);

        Assert.Throws<FormatException>(() => host.Balancers.Set([host.At(8080) with { HostAddress = "here" }]));
        Assert.Throws<FormatException>(() => host.Balancers.Set([host.At(70_000)]));
        Assert.Throws<FormatException>(() => host.Balancers.Set([host.At(host.EndPoint.Port) with { Backends = [new("web0", "there", 80, 4000)] }]));
    }

    /// <summary>A process that another test starts holds our closed sockets until it becomes its program.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static bool IsFree(PublishedPort port) => PortProbe.IsFree(port.EndPoint.Address, port.HostPort, port.Protocol);
}
