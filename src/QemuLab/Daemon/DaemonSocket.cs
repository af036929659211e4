using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>The socket that Kestrel listens on: the user's alone from its first moment.</summary>
internal static class DaemonSocket
{
    /// <param name="given">The socket that somebody listens on for us already, and goes on to listen on after our end; null: there is none.</param>
    public static void Listen(WebApplicationBuilder builder, StatePaths paths, Socket? given)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(paths.DaemonSocket);
        });
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint => endpoint is UnixDomainSocketEndPoint
            ? given ?? Bind(paths.DaemonSocket)
            : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint));
    }

    /// <summary>Nobody can connect between bind and listen, so that there is no moment with wider rights.</summary>
    private static Socket Bind(string path)
    {
        // Whoever left it is gone: the instance lock is ours.
        File.Delete(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return socket;
    }
}
