namespace QemuLab.Engine.Labs;

/// <summary>Lets several tasks go on together: each one waits until all have come, or have said that they will not.</summary>
/// <param name="participants">How many there are.</param>
internal sealed class AsyncBarrier(int participants)
{
    private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int missing = participants;

    /// <summary>Comes, and waits for the others.</summary>
    public Task ArriveAsync(CancellationToken cancellation)
    {
        Leave();
        return all.Task.WaitAsync(cancellation);
    }

    /// <summary>Will not come: the others do not wait for it.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref missing) <= 0)
        {
            all.TrySetResult();
        }
    }
}
