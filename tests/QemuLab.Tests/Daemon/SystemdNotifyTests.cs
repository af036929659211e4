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

        new SystemdNotify(folder.File("notify")).Send("READY=1");
        new SystemdNotify(folder.File("nobody")).Send("STOPPING=1");
        new SystemdNotify().Send("STOPPING=1");

        byte[] datagram = new byte[100];
        Assert.Equal("READY=1", Encoding.UTF8.GetString(datagram, 0, systemd.Receive(datagram)));
    }

    [Theory]
    [InlineData("2000000", null, 2)]
    [InlineData("2000000", "", 2)]
    [InlineData("2000000", "77", 2)]
    [InlineData("2000000", "78", null)]
    [InlineData(null, "77", null)]
    [InlineData("0", "77", null)]
    [InlineData("soon", "77", null)]
    public void Keep_alives_are_sent_only_where_systemd_waits_for_this_process(string? microseconds, string? watched, int? seconds)
    {
        TimeSpan? watchdog = SystemdNotify.From("/run/notify", microseconds, watched, processId: 77).Watchdog;

        Assert.Equal(seconds, watchdog?.TotalSeconds is { } found ? (int)found : null);
    }

    [Theory]
    [InlineData("77", "2", 2)]
    [InlineData("78", "2", 0)]
    [InlineData("77", "some", 0)]
    [InlineData(null, "1", 0)]
    public void Sockets_are_taken_only_where_they_were_passed_to_this_process(string? process, string? count, int taken) =>
        Assert.Equal(taken, SystemdSocket.CountFor(name => name switch { "LISTEN_PID" => process, "LISTEN_FDS" => count, _ => null }, processId: 77));
}
