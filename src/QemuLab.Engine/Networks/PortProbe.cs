using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>Whether a port of the host is free, and who has it.</summary>
public static class PortProbe
{
    /// <summary>Tried, not looked up: binds, listens and lets go again.</summary>
    public static bool IsFree(IPAddress address, int port, TransportProtocol protocol) => TryBind(address, port, protocol, out _);

    /// <summary>Free ports of 127.0.0.1 that the kernel gives; they are free only until somebody else takes them.</summary>
    public static int FindFree(TransportProtocol protocol = TransportProtocol.Tcp) =>
        TryBind(IPAddress.Loopback, 0, protocol, out int port) ? port : throw new QemuLabException(ErrorKind.Failed, "no-port", "127.0.0.1 has no free port");

    /// <summary>A port of the host as messages have it, such as <c>127.0.0.1:8080/tcp</c>.</summary>
    public static string NameOf(IPAddress address, int port, TransportProtocol protocol) => $"{address}:{port}/{(protocol == TransportProtocol.Udp ? "udp" : "tcp")}";

    /// <summary>The error for a port that somebody has (code <c>port-taken</c>), naming the port and who has it where the system tells.</summary>
    public static QemuLabException Taken(IPAddress address, int port, TransportProtocol protocol)
    {
        PortHolder? holder = PortHolder.Find(address, port, protocol);
        string reason = holder is not null ? $"is taken by {holder.Program} (pid {holder.ProcessId})"
            : IsFree(address, port, protocol) ? "cannot be forwarded: another program had it a moment ago, or the address is not this host's"
            : port < 1024 ? "cannot be had: it is taken, or ports below 1024 are not for this user"
            : "is taken by another program";
        return new QemuLabException(ErrorKind.Failed, "port-taken", $"host port {NameOf(address, port, protocol)} {reason}", "end that program, or choose another host port in the lab file");
    }

    private static bool TryBind(IPAddress address, int port, TransportProtocol protocol, out int bound)
    {
        bool tcp = protocol == TransportProtocol.Tcp;
        using var socket = new Socket(address.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            if (tcp)
            {
                // Two sockets may be bound to one port as long as neither listens.
                socket.Listen(1);
            }

            bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
            return true;
        }
        catch (SocketException)
        {
            bound = 0;
            return false;
        }
    }
}
