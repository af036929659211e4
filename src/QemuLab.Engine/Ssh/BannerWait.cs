using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Waits for an SSH server's banner. A port that accepts means nothing: slirp accepts at once for a guest that is not there
/// yet, and what was sent to the guest too early is repeated only after seconds. So a silent connection is given up soon;
/// the longer the guest takes, the slower it is, and the more patience a connection gets. One connection at a time, because
/// several that are pending when the server comes up cost a slow guest a key exchange each.
/// </summary>
/// <param name="server">Where it is reached.</param>
/// <param name="time">Measures patience.</param>
internal sealed class BannerWait(IPEndPoint server, TimeProvider time)
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// No guest has booted so soon; and what is sent to one that is not there yet is asked for by broadcast, which wakes all
    /// others of the lab while they start.
    /// </summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>After a refusal: the guest is there, and its server will be soon, or never.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    public async Task WaitAsync(CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        await Task.Delay(FirstPause, time, cancellation);
        while (!await TryAsync(Clamp(time.GetElapsedTime(start) / 10, LeastPatience, MostPatience), cancellation))
        {
            await Task.Delay(Clamp(time.GetElapsedTime(start) / 100, ShortestPause, LongestPause), time, cancellation);
        }
    }

    private async Task<bool> TryAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, both.Token);
            byte[] buffer = new byte[256];
            for (int length = 0; length < buffer.Length;)
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory(length), both.Token);
                length += count;
                // Some servers send their first key exchange message in the same breath: the buffer may be full of it.
                if (count == 0 || IsBanner(buffer.AsSpan(0, length)))
                {
                    return count > 0;
                }
            }
        }
        catch (Exception silence) when (silence is SocketException || (silence is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // Not yet; the next one may succeed.
        }

        return false;
    }

    /// <summary>RFC 4253 4.2: a line that begins with <c>SSH-</c>; other lines may come before it.</summary>
    private static bool IsBanner(ReadOnlySpan<byte> text) => text.StartsWith("SSH-"u8) || text.IndexOf("\nSSH-"u8) >= 0;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;
}
