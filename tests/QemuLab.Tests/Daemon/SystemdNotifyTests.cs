using System.Net.Sockets;
using System.Text;
using QemuLab.Daemon;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

public class SystemdNotifyTests
{
    [Fact]
    public void Systemd_gets_a_datagram_and_its_absence_is_no_error()
    {
        using var folder = new TemporaryDirectory();
        using Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(folder.File("notify")));
        systemd.ReceiveTimeout = 5000;
        try
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", folder.File("notify"));
            SystemdNotify.Send("READY=1");
            byte[] datagram = new byte[100];
            Assert.Equal("READY=1", Encoding.UTF8.GetString(datagram, 0, systemd.Receive(datagram)));

            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", folder.File("nobody"));
            SystemdNotify.Send("STOPPING=1");
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }
    }
}
