using System.Net;
using System.Net.Sockets;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class PortProbeTests
{
    private static readonly IPAddress Address = IPAddress.Parse("127.44.0.1");

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void A_port_is_taken_while_somebody_has_it_and_the_error_names_who(TransportProtocol protocol)
    {
        int port;
        using (Socket socket = Take(protocol))
        {
            port = ((IPEndPoint)socket.LocalEndPoint!).Port;

            Assert.False(PortProbe.IsFree(Address, port, protocol));
            Assert.False(PortProbe.IsFree(IPAddress.Any, port, protocol));
            var error = PortProbe.Taken(Address, port, protocol);
            Assert.Equal("port-taken", error.Code);
            Assert.Contains($"{Address}:{port}", error.Message, StringComparison.Ordinal);
            if (OperatingSystem.IsLinux())
            {
                Assert.Contains($"(pid {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.True(PortProbe.IsFree(Address, port, protocol));
    }

    [Fact]
    public void A_free_port_is_free() => Assert.True(PortProbe.IsFree(IPAddress.Loopback, PortProbe.FindFree(), TransportProtocol.Tcp));

    [Theory]
    [InlineData("10.1.2.3", 22, false)]
    [InlineData("127.0.0.1", 22, true)]
    [InlineData("0.0.0.0", 22, true)]
    [InlineData("127.0.0.1", 23, false)]
    [InlineData("127.0.0.1", 80, true)]
    public void The_kernels_table_is_matched_by_port_and_address(string address, int port, bool found)
    {
        string[] table =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
            "   1: 0100007F:0017 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0",
            "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0",
        ];

        Assert.Equal(found, PortHolder.SocketsAt(table, IPAddress.Parse(address), port, listening: true).Any());
    }

    private static Socket Take(TransportProtocol protocol)
    {
        bool tcp = protocol == TransportProtocol.Tcp;
        var socket = new Socket(AddressFamily.InterNetwork, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(Address, 0));
        if (tcp)
        {
            socket.Listen();
        }

        return socket;
    }
}
