using System.Net.Sockets;
using System.Text;

namespace QemuLab.Daemon;

/// <summary>Systemd's notification protocol: one datagram to the socket that NOTIFY_SOCKET names; elsewhere nothing.</summary>
internal static class SystemdNotify
{
    public static void Send(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } address)
        {
            return;
        }

        try
        {
            // A leading @ is a socket of the abstract namespace, whose name begins with a zero byte.
            string path = address[0] == '@' ? '\0' + address[1..] : address;
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // Nobody listens any more; that is no reason to end machines' daemon.
        }
    }
}
