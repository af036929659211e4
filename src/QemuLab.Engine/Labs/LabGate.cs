namespace QemuLab.Engine.Labs;

/// <summary>
/// Lets one change of a lab happen at a time; changes of one machine each, such as starts, happen beside each other. A later
/// one waits for its turn, first come first served, or ends the present ones where it must not wait.
/// </summary>
internal sealed class LabGate
{
    private readonly Lock gate = new();
    private readonly List<Turn> present = [];
    private readonly LinkedList<Waiter> waiting = [];

    /// <summary>Waits for the changes that are under way and must not happen beside this one.</summary>
    /// <param name="cancellation">Ends the wait, and the turn.</param>
    /// <param name="machine">The only machine that is changed; null: the whole lab is.</param>
    public async Task<Turn> EnterAsync(CancellationToken cancellation, string? machine = null)
    {
        var mine = new Waiter(machine);
        lock (gate)
        {
            waiting.AddLast(mine);
            AdmitWaiting();
        }

        using (cancellation.Register(() => Leave(mine, cancellation)))
        {
            await mine.Admitted.Task;
        }

        return mine.Turn!.Begin(cancellation);
    }

    /// <summary>Enters while a launch of the lab waits for its machines, or as any change of the whole lab does: before all that wait, because that launch waits for this one.</summary>
    public async Task<Turn> EnterBesideLaunchAsync(CancellationToken cancellation)
    {
        var mine = new Waiter(null) { IsBesideLaunch = true };
        lock (gate)
        {
            waiting.AddFirst(mine);
            AdmitWaiting();
        }

        using (cancellation.Register(() => Leave(mine, cancellation)))
        {
            await mine.Admitted.Task;
        }

        return mine.Turn!.Begin(cancellation);
    }

    /// <summary>Cancels the changes that are under way and those that wait, waits until they have taken themselves back, and enters.</summary>
    public async Task<Turn> InterruptAsync(CancellationToken cancellation)
    {
        Task<Turn> mine;
        Turn[] interrupted;
        lock (gate)
        {
            interrupted = [.. present];
            foreach (Waiter waiter in waiting)
            {
                waiter.IsInterrupted = true;
            }

            mine = EnterAsync(cancellation);
        }

        // Out of the lock: what is cancelled may go on, and leave, on this very thread.
        foreach (Turn turn in interrupted)
        {
            turn.Cancel();
        }

        return await mine;
    }

    private void AdmitWaiting()
    {
        while (waiting.First is { Value: var first } && present.TrueForAll(turn => (turn.Machine is not null && first.Machine is not null && turn.Machine != first.Machine) || (first.IsBesideLaunch && turn.IsLaunch)))
        {
            waiting.RemoveFirst();
            present.Add(first.Turn = new Turn(this, first.Machine));
            if (first.IsInterrupted)
            {
                first.Turn.Cancel();
            }

            first.Admitted.TrySetResult();
        }
    }

    /// <summary>One that is cancelled gives its place up; whoever waited behind it may be next.</summary>
    private void Leave(Waiter waiter, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (waiting.Remove(waiter))
            {
                waiter.Admitted.TrySetCanceled(cancellation);
                AdmitWaiting();
            }
        }
    }

    private void End(Turn turn)
    {
        lock (gate)
        {
            present.Remove(turn);
            AdmitWaiting();
        }
    }

    private sealed class Waiter(string? machine)
    {
        public string? Machine { get; } = machine;

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Turn? Turn { get; set; }

        /// <summary>A launch is no obstacle.</summary>
        public bool IsBesideLaunch { get; init; }

        /// <summary>Its turn is over when it comes.</summary>
        public bool IsInterrupted { get; set; }
    }

    /// <summary>A change's turn; it ends when disposed.</summary>
    public sealed class Turn(LabGate owner, string? machine) : IDisposable
    {
        private readonly CancellationTokenSource interrupted = new();
        private CancellationTokenSource? both;

        public string? Machine { get; } = machine;

        /// <summary>It waits for machines that come up, and they may wait for a snapshot.</summary>
        public bool IsLaunch { get; set; }

        public CancellationToken Cancellation => both!.Token;

        public Turn Begin(CancellationToken cancellation)
        {
            both = CancellationTokenSource.CreateLinkedTokenSource(interrupted.Token, cancellation);
            return this;
        }

        public void Cancel() => interrupted.Cancel();

        public void Dispose()
        {
            // What cancels it may come late, so that its own source is left: it holds nothing to free.
            owner.End(this);
            both?.Dispose();
        }
    }
}
