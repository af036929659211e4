namespace QemuLab.Engine.Hosts;

/// <summary>A lock between processes: flock on a file that stays, gone with its process. Never the file's existence.</summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly FileStream file;

    private FileLock(FileStream file) => this.file = file;

    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="onWait">Called once where another process holds it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<FileLock> TakeAsync(string path, Action onWait, CancellationToken cancellation)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (isFirst)
            {
                onWait();
            }

            // A blocking flock could not be cancelled.
            await Task.Delay(Interval, cancellation);
        }
    }

    public void Dispose() => file.Dispose();

    private static FileLock? TryTake(string path)
    {
        const int wouldBlockOnLinux = 11, wouldBlockOnMacOS = 35;
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB).
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (taken.HResult is wouldBlockOnLinux or wouldBlockOnMacOS)
        {
            return null;
        }
    }
}
