using System.Collections.Concurrent;

namespace QemuLab.Api;

/// <summary>The changes of labs that are under way, so that they can be told to end and the daemon knows that it is busy.</summary>
internal sealed class Launches
{
    private readonly ConcurrentDictionary<Launch, bool> running = [];

    public bool Any => !running.IsEmpty;

    /// <summary>Notes that a change of the lab begins.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="ends">What else ends it: the client's leaving, the daemon's stop.</param>
    public Launch Begin(string lab, params CancellationToken[] ends)
    {
        var launch = new Launch(this, lab, CancellationTokenSource.CreateLinkedTokenSource(ends));
        running[launch] = true;
        return launch;
    }

    /// <returns>Whether there was anything to cancel.</returns>
    public bool Cancel(string lab)
    {
        Launch[] launches = [.. running.Keys.Where(launch => launch.Lab == lab)];
        foreach (Launch launch in launches)
        {
            launch.Cancel();
        }

        return launches.Length > 0;
    }

    /// <summary>A change under way; ends by disposal.</summary>
    internal sealed class Launch(Launches launches, string lab, CancellationTokenSource source) : IDisposable
    {
        public string Lab => lab;

        public CancellationToken Cancellation => source.Token;

        public void Cancel() => source.Cancel();

        /// <summary>The source is left to the collector: a late cancel must not meet a disposed one.</summary>
        public void Dispose() => launches.running.TryRemove(this, out _);
    }
}
