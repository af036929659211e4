namespace QemuLab.Engine.Networks;

/// <summary>
/// One call at a time for one network. Calls that come while others are under way share a conversation with the uplink: fifty
/// machines that start at once do not greet it fifty times. With the last of them it ends, so that what a later call is told
/// is never remembered.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "a SemaphoreSlim whose wait handle nobody asks for holds nothing to free; a conversation ends with the turns")]
internal sealed class NetworkTurn
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private UplinkSession? kept;
    private int waiting;

    /// <summary>Calls when it is this one's turn.</summary>
    /// <param name="open">Begins a conversation with the uplink; null where there is none.</param>
    /// <param name="call">Gets it; may be called again where one that others began has broken.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task EnterAsync(Func<Task<UplinkSession?>> open, Func<UplinkSession?, Task> call, CancellationToken cancellation) => InTurnAsync(async () =>
    {
        if (kept is { } others)
        {
            try
            {
                await call(others);
                return;
            }
            catch (QemuLabException)
            {
                await EndAsync();
            }
        }

        kept = await open();
        await call(kept);
    }, cancellation);

    /// <summary>Calls when it is this one's turn, with nobody talking to the uplink, which has an ear for one at a time.</summary>
    public Task EnterAsync(Func<Task> call, CancellationToken cancellation) => InTurnAsync(async () =>
    {
        await EndAsync();
        await call();
    }, cancellation);

    private async Task InTurnAsync(Func<Task> call, CancellationToken cancellation)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await turn.WaitAsync(cancellation);
            Interlocked.Decrement(ref waiting);
        }
        catch (OperationCanceledException)
        {
            // The one before may have left the conversation to this one.
            Interlocked.Decrement(ref waiting);
            _ = EnterAsync(() => Task.CompletedTask, CancellationToken.None);
            throw;
        }

        try
        {
            await call();
        }
        catch
        {
            await EndAsync();
            throw;
        }
        finally
        {
            if (Volatile.Read(ref waiting) == 0)
            {
                await EndAsync();
            }

            turn.Release();
        }
    }

    private async Task EndAsync()
    {
        if (kept is { } session)
        {
            kept = null;
            await session.DisposeAsync();
        }
    }
}
