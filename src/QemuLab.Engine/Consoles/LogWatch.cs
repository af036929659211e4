using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Consoles;

/// <summary>
/// Keeps what running machines write below a limit, so that a guest that prints garbage does not fill the disk, and marks how
/// far their logs have come. A look costs the length of each log; of machines that do not run nothing is asked.
/// </summary>
/// <param name="clock">For the pauses and the marks.</param>
/// <param name="running">The machines that have a QEMU.</param>
internal sealed class LogWatch(TimeProvider clock, Func<IEnumerable<MachineDirectory>> running) : IDisposable
{
    /// <summary>Of the log, and of the older part beside it. A boot of a chatty Debian is a hundredth of it.</summary>
    public const long Limit = 16 * 1024 * 1024;

    /// <summary>What is left of QEMU's own log.</summary>
    public const int QemuTail = 256 * 1024;

    /// <summary>A serial port that is emulated passes some megabytes in that time.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource ended = new();
    private readonly Dictionary<string, long> lengths = [];

    /// <summary>Looks from now on, until disposed.</summary>
    public void Begin() => _ = WatchAsync(ended.Token);

    public void Dispose()
    {
        ended.Cancel();
        ended.Dispose();
    }

    /// <summary>One look at all of them.</summary>
    internal void Look()
    {
        foreach (MachineDirectory machine in running())
        {
            try
            {
                Look(new SerialLog(machine.SerialLog));
                new QemuLog(machine.QemuLog).Shorten(Limit, QemuTail);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Deleted at this moment, or the disk's fault, which the next one who reads or writes there tells.
            }
        }
    }

    private void Look(SerialLog log)
    {
        long length = SerialLog.Length(log.Path);
        if (length > Limit)
        {
            log.Cut(Limit, clock.GetUtcNow());
            length = SerialLog.Length(log.Path);
        }
        else if (length != lengths.GetValueOrDefault(log.Path))
        {
            log.MarkSeen(clock.GetUtcNow());
        }

        lengths[log.Path] = length;
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Interval, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!cancellation.IsCancellationRequested)
            {
                Look();
            }
        }
    }
}
