namespace QemuLab.Engine.Images;

/// <summary>
/// Work that is done once however many ask for it at the same time. Each who waits sees the progress and may leave; the
/// work itself is cancelled when the last one has left.
/// </summary>
internal sealed class SharedWork<TResult>
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Work> running = [];

    /// <param name="key">The same work has the same key.</param>
    /// <param name="progress">Gets what is reported from now on.</param>
    /// <param name="start">Started unless it is running already; its progress goes to all who wait.</param>
    /// <param name="cancellation">Of this caller.</param>
    public async Task<TResult> JoinAsync(
        string key, IProgress<ImageProgress>? progress, Func<IProgress<ImageProgress>, CancellationToken, Task<TResult>> start, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Work work;
        lock (gate)
        {
            if (!running.TryGetValue(key, out work!))
            {
                running[key] = work = new Work();
                work.Result = Task.Run(() => start(work, work.Cancellation.Token), CancellationToken.None);
            }

            work.Join(progress);
        }

        try
        {
            return await work.Result.WaitAsync(cancellation);
        }
        finally
        {
            await LeaveAsync(key, work, progress);
        }
    }

    private async Task LeaveAsync(string key, Work work, IProgress<ImageProgress>? progress)
    {
        bool isLast;
        lock (gate)
        {
            isLast = work.Leave(progress);
            if (isLast)
            {
                running.Remove(key);
            }
        }

        if (isLast)
        {
            await work.Cancellation.CancelAsync();
            // Nothing is left behind when the caller goes on: what was begun is cleaned up first.
            await ((Task)work.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            work.Cancellation.Dispose();
        }
    }

    private sealed class Work : IProgress<ImageProgress>
    {
        private readonly Lock gate = new();
        private readonly List<IProgress<ImageProgress>?> waiting = [];

        public CancellationTokenSource Cancellation { get; } = new();

        public Task<TResult> Result { get; set; } = null!;

        public void Join(IProgress<ImageProgress>? progress)
        {
            lock (gate)
            {
                waiting.Add(progress);
            }
        }

        /// <summary>Whether it was the last one.</summary>
        public bool Leave(IProgress<ImageProgress>? progress)
        {
            lock (gate)
            {
                waiting.Remove(progress);
                return waiting.Count == 0;
            }
        }

        public void Report(ImageProgress value)
        {
            IProgress<ImageProgress>?[] listeners;
            lock (gate)
            {
                listeners = [.. waiting];
            }

            foreach (IProgress<ImageProgress>? listener in listeners)
            {
                listener?.Report(value);
            }
        }
    }
}
