namespace QemuLab.Engine.Networks;

/// <summary>
/// Calls of one kind, one at a time. Those that come while one is under way are made together by the next: fifty machines
/// that leave a network at once do not have its record written fifty times.
/// </summary>
/// <typeparam name="T">What a call is about.</typeparam>
/// <param name="call">Does it for several, or for none of them. Where it fails for several, each is tried alone.</param>
/// <param name="linger">How long a call waits for others to come: where nobody is in a hurry, fewer calls are made.</param>
internal sealed class GatheredCalls<T>(Func<IReadOnlyList<T>, CancellationToken, Task> call, TimeSpan linger = default)
{
    private readonly Lock gate = new();
    private List<Caller> waiting = [];
    private bool isCalling;

    /// <summary>Completes when the call has been made for this one.</summary>
    /// <param name="item">What it is about.</param>
    /// <param name="cancellation">Takes back only what is done for this one alone: nobody ends a call for the others.</param>
    public Task CallAsync(T item, CancellationToken cancellation)
    {
        var mine = new Caller(item, cancellation);
        lock (gate)
        {
            waiting.Add(mine);
            if (isCalling)
            {
                return mine.Done.Task;
            }

            isCalling = true;
        }

        _ = CallAllAsync();
        return mine.Done.Task;
    }

    private async Task CallAllAsync()
    {
        while (true)
        {
            List<Caller> all;
            await (linger > TimeSpan.Zero ? Task.Delay(linger) : Task.CompletedTask);
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    isCalling = false;
                    return;
                }

                (all, waiting) = (waiting, []);
            }

            await CallAsync(all);
        }
    }

    private async Task CallAsync(List<Caller> callers)
    {
        try
        {
            CancellationToken cancellation = callers is [var only] ? only.Cancellation : CancellationToken.None;
            cancellation.ThrowIfCancellationRequested();
            await call([.. callers.Select(caller => caller.Item)], cancellation);
            callers.ForEach(caller => caller.Done.TrySetResult());
        }
        catch (Exception) when (callers.Count > 1)
        {
            foreach (Caller caller in callers)
            {
                await CallAsync([caller]);
            }
        }
        catch (Exception fault)
        {
            callers[0].Done.TrySetException(fault);
        }
    }

    private sealed record Caller(T Item, CancellationToken Cancellation)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
