using System.Net.Sockets;

namespace QemuLab.Engine.Qmp;

/// <summary>Opens a Unix stream socket and puts .NET's errors into words.</summary>
internal static class QmpSocket
{
    public static async Task<Socket> OpenAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return socket;
        }
        catch (Exception cause)
        {
            socket.Dispose();

            // A socket file that does not exist is AddressNotAvailable to .NET, one that nobody listens on is ConnectionRefused.
            if (cause is SocketException)
            {
                throw QmpFailure.Unreachable(path, cause);
            }

            throw;
        }
    }
}
