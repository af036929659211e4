using System.Net.Sockets;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Fakes;

/// <summary>Asks a daemon with another client than ours.</summary>
internal static class SocketClient
{
    public static HttpClient Of(StatePaths paths) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.DaemonSocket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://qemulab"), Timeout = TimeSpan.FromSeconds(20) };
}
