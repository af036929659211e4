namespace QemuLab.Engine.Hooks;

/// <summary>Work that goes on in the background: in its order for each machine, so many at a time for all. One that hangs holds up its own machine's hooks and no other's.</summary>
/// <param name="width">How many at a time.</param>
/// <param name="depth">How many may wait for one machine.</param>
internal sealed class HookQueue(int width, int depth) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Line> lines = [];
    private readonly SemaphoreSlim places = new(width);
    private readonly CancellationTokenSource ended = new();

    /// <param name="key">Whose it is.</param>
    /// <param name="work">Ends soon when its cancellation comes, and throws nothing else.</param>
    /// <returns>Whether there was room for it.</returns>
    public bool TryAdd(string key, Func<CancellationToken, Task> work)
    {
        lock (gate)
        {
            if (!lines.TryGetValue(key, out Line? line))
            {
                lines[key] = line = new Line();
            }

            if (line.Waiting >= depth || ended.IsCancellationRequested)
            {
                return false;
            }

            line.Waiting++;
            line.Last = RunAsync(key, line, line.Last, work);
            return true;
        }
    }

    /// <summary>Ends what runs, and forgets what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] rest;
        lock (gate)
        {
            ended.Cancel();
            rest = [.. lines.Values.Select(line => line.Last)];
        }

        await Task.WhenAll(rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended.Dispose();
        places.Dispose();
    }

    private async Task RunAsync(string key, Line line, Task before, Func<CancellationToken, Task> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        try
        {
            await places.WaitAsync(ended.Token);
            try
            {
                await work(ended.Token);
            }
            finally
            {
                places.Release();
            }
        }
        finally
        {
            lock (gate)
            {
                line.Waiting--;
                if (line.Waiting == 0)
                {
                    lines.Remove(key);
                }
            }
        }
    }

    private sealed class Line
    {
        public Task Last { get; set; } = Task.CompletedTask;

        public int Waiting { get; set; }
    }
}
