namespace QemuLab.Engine.Labs;

/// <summary>
/// Notices that the host was asleep, or that its clock was set: the wall clock has gone another way than the steady one, which
/// stands still while the host sleeps. Guests' clocks may have stood still too.
/// </summary>
/// <param name="clock">Both clocks.</param>
/// <param name="jumped">Told by how much the wall clock has gone ahead of the steady one, or behind it.</param>
internal sealed class HostSleep(TimeProvider clock, Func<TimeSpan, Task> jumped) : IDisposable
{
    /// <summary>Nobody is told of a sleep by an event; this costs nothing that could be measured.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Less is what a time server corrects.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource ended = new();

    /// <summary>Looks from now on, until disposed.</summary>
    public void Begin() => _ = WatchAsync(ended.Token);

    public void Dispose()
    {
        ended.Cancel();
        ended.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        TimeSpan offset = Offset();
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Interval, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            TimeSpan jump = Offset() - offset;
            if (jump.Duration() >= Least && !cancellation.IsCancellationRequested)
            {
                offset += jump;
                await jumped(jump);
            }
        }
    }

    /// <summary>Of the wall clock against the steady one.</summary>
    private TimeSpan Offset() => TimeSpan.FromTicks(clock.GetUtcNow().UtcTicks) - clock.GetElapsedTime(0);
}
