namespace QemuLab.Engine.Machines;

/// <summary>Those who wait for a status of one machine. For any number of threads.</summary>
/// <param name="newest">The machine's newest status.</param>
/// <param name="gone">Why nothing is waited for any more, once the machine has gone.</param>
internal sealed class StatusWaiters(Func<MachineStatus> newest, Func<QemuLabException> gone)
{
    private readonly Lock gate = new();
    private readonly List<(Func<MachineStatus, bool> Condition, TaskCompletionSource<MachineStatus> Reached)> waiters = [];
    private MachineStatus told = newest();
    private bool isGone;

    /// <summary>Completes with the first status, from now on, that the condition holds for.</summary>
    /// <exception cref="QemuLabException">The machine goes before that: its status changes no more.</exception>
    public async Task<MachineStatus> WhenAsync(Func<MachineStatus, bool> condition, CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource<MachineStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            // What nobody has been told of yet has not come: those that listen hear of it before those that wait go on.
            MachineStatus now = newest();
            bool isReached = condition(now) && (isGone || condition(told));
            if (isReached || isGone)
            {
                return isReached ? now : throw gone();
            }

            waiters.Add((condition, reached));
        }

        try
        {
            return await reached.Task.WaitAsync(cancellation);
        }
        finally
        {
            Forget(reached);
        }
    }

    /// <summary>Lets those go on that have waited for this status, which everybody who listens has been told of.</summary>
    public void Wake(MachineStatus status)
    {
        lock (gate)
        {
            told = status;
            foreach ((Func<MachineStatus, bool> condition, TaskCompletionSource<MachineStatus> reached) in waiters)
            {
                if (condition(status))
                {
                    reached.TrySetResult(status);
                }
            }
        }
    }

    /// <summary>The machine has gone: nobody waits any more.</summary>
    public void SendAway()
    {
        lock (gate)
        {
            isGone = true;
            waiters.ForEach(waiter => waiter.Reached.TrySetException(gone()));
        }
    }

    /// <summary>Nobody waits for it any more: a status that never comes keeps nothing of those who gave it up.</summary>
    private void Forget(TaskCompletionSource<MachineStatus> reached)
    {
        lock (gate)
        {
            waiters.RemoveAll(waiter => waiter.Reached == reached);
        }
    }
}
