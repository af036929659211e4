using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class HostForwardTests
{
    [Fact]
    public void A_forward_is_written_as_slirp_takes_it()
    {
        var forward = new HostForward(new PortForward(IPAddress.Loopback, 2222, 22, TransportProtocol.Tcp), IPAddress.Parse("10.77.0.11"));

        Assert.Equal("tcp:127.0.0.1:2222-10.77.0.11:22", forward.Rule);
        Assert.Equal("tcp:127.0.0.1:2222", forward.HostSide);
    }

    [Fact]
    public void The_forwards_of_info_usernet_are_read_back()
    {
        const string Usernet =
            "Hub 0 (nat):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n" +
            "  TCP[ESTABLISHED]   19       10.99.0.11 40022       127.0.0.1 25222     0     0\r\n" +
            "  TCP[HOST_FORWARD]  17                * 25223      10.99.0.11    22     0     0\r\n" +
            "  UDP[HOST_FORWARD]  16       127.0.0.9  5353      10.99.0.12    53     0     0\r\n";

        Assert.Equal(
            [
                new HostForward(TransportProtocol.Tcp, IPAddress.Any, 25223, IPAddress.Parse("10.99.0.11"), 22),
                new HostForward(TransportProtocol.Udp, IPAddress.Parse("127.0.0.9"), 5353, IPAddress.Parse("10.99.0.12"), 53),
            ],
            HostForward.Parse(Usernet));
    }
}
