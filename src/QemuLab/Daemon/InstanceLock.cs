using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>
/// One daemon for each home: an flock that the kernel lets go of with the process. It is taken before the socket is unlinked
/// and bound, and let go last; without that order a second daemon steals the socket and the first one's end removes it.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream file;

    private InstanceLock(FileStream file) => this.file = file;

    /// <summary>Null where another daemon has it.</summary>
    public static InstanceLock? TryTake(StatePaths paths)
    {
        try
        {
            return new InstanceLock(new FileStream(paths.DaemonLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Waits for a daemon that is on its way out. Null where one stays and answers.</summary>
    /// <param name="listensBefore">Somebody listens for us already, so that an answer tells nothing.</param>
    public static async Task<InstanceLock?> TakeAsync(StatePaths paths, TimeSpan limit, TimeProvider clock, bool listensBefore = false)
    {
        long began = clock.GetTimestamp();
        while (true)
        {
            if (TryTake(paths) is { } taken)
            {
                return taken;
            }

            if ((!listensBefore && StateHome.Answers(paths)) || clock.GetElapsedTime(began) > limit)
            {
                return null;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), clock);
        }
    }

    public void Dispose() => file.Dispose();
}
