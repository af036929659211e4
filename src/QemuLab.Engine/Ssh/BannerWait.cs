using System.Net;
using System.Net.Sockets;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Waits for an SSH server's banner. A port that accepts means nothing: slirp accepts at once for a guest that is not there
/// yet, and what was sent to the guest too early is repeated only after seconds. So a silent connection is given up soon
/// and new ones overlap it; the longer the guest takes, the slower it is, and the more patience each connection gets.
/// </summary>
internal sealed class BannerWait(IPEndPoint server, TimeProvider time)
{
    private const int AtOnce = 4;

    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    public async Task WaitAsync(CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        List<Task<bool>> tries = [];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                TimeSpan patience = Clamp(time.GetElapsedTime(start) / 10, LeastPatience, MostPatience);
                if (tries.Count < AtOnce)
                {
                    tries.Add(TryAsync(patience, stop.Token));
                }

                Task pause = Task.Delay(Clamp(patience / AtOnce, ShortestPause, LongestPause), time, stop.Token);
                if (await AnyBeforeAsync(pause, tries))
                {
                    return;
                }

                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(tries);
        }
    }

    private static async Task<bool> AnyBeforeAsync(Task pause, List<Task<bool>> tries)
    {
        while (true)
        {
            Task done = await Task.WhenAny([pause, .. tries]);
            if (done is not Task<bool> answered)
            {
                return false;
            }

            tries.Remove(answered);
            if (await answered)
            {
                return true;
            }
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
            int length = 0, count;
            while (length < buffer.Length && (count = await socket.ReceiveAsync(buffer.AsMemory(length), both.Token)) > 0)
            {
                length += count;
                if (IsBanner(buffer.AsSpan(0, length)))
                {
                    return true;
                }
            }
        }
        catch (Exception silence) when (silence is SocketException or OperationCanceledException)
        {
            // Not yet; the next one may succeed.
        }

        return false;
    }

    /// <summary>RFC 4253 4.2: a line that begins with <c>SSH-</c>; other lines may come before it.</summary>
    private static bool IsBanner(ReadOnlySpan<byte> text) => text.StartsWith("SSH-"u8) || text.IndexOf("\nSSH-"u8) >= 0;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;
}
