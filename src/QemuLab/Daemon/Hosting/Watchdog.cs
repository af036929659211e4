using System.Net.Sockets;
using QemuLab.Engine.Hosts;
using Serilog;

namespace QemuLab.Daemon;

/// <summary>
/// Tells systemd that the daemon lives, and only as long as it does what it is there for: it asks itself for all labs, as a
/// client would, through its own socket. A timer alone would speak for a daemon that hangs.
/// </summary>
internal sealed class Watchdog(SystemdNotify systemd, StatePaths paths, IHostApplicationLifetime host) : BackgroundService
{
    /// <summary>So many questions within the time that systemd waits: a busy host may miss some.</summary>
    private const int Questions = 4;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (systemd.Watchdog is not { } patience)
        {
            return;
        }

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration first = host.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(patience / Questions);
            using HttpClient client = ClientOf(paths.DaemonSocket, patience / 2);
            do
            {
                if (await AnswersAsync(client, stoppingToken))
                {
                    systemd.Send("WATCHDOG=1");
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Asks whoever listens on the socket.</summary>
    internal static HttpClient ClientOf(string socket, TimeSpan limit) => new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    { BaseAddress = new Uri("http://qemulab"), Timeout = limit };

    internal static async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("/v1/labs", UriKind.Relative), cancellation);

            // One that has no place for a further connection says so itself: it lives.
            return answer.IsSuccessStatusCode || answer.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable;
        }
        catch (Exception silent) when (silent is HttpRequestException or IOException || (silent is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            Log.Warning("the daemon does not answer itself: {Reason:l}", silent.Message);
            return false;
        }
    }
}
