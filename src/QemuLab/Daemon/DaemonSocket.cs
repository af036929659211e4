using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using QemuLab.Api;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>The socket that Kestrel listens on: the user's alone from its first moment.</summary>
internal static class DaemonSocket
{
    /// <summary>Bodies are lab files and the texts that these name.</summary>
    private const long LongestBody = 16 * 1024 * 1024;

    /// <summary>A client that is on this host sends its request at once; one that keeps a connection may come again.</summary>
    private static readonly TimeSpan HeadLimit = TimeSpan.FromSeconds(10), IdleLimit = TimeSpan.FromMinutes(2);

    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <param name="connections">How many there may be.</param>
    /// <param name="given">The socket that somebody listens on for us already, and goes on to listen on after our end; null: there is none.</param>
    public static void Listen(WebApplicationBuilder builder, StatePaths paths, ConnectionLimit connections, Socket? given)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LongestBody;
            kestrel.Limits.MinRequestBodyDataRate = SlowestBody;
            kestrel.Limits.RequestHeadersTimeout = HeadLimit;
            kestrel.Limits.KeepAliveTimeout = IdleLimit;
            kestrel.ListenUnixSocket(paths.DaemonSocket, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => connections.ServeAsync(connection, next));
            });
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
