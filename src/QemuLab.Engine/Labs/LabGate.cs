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

    /// <summary>Cancels the changes that are under way, waits until they have taken themselves back, and enters.</summary>
    public Task<Turn> InterruptAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            present.ForEach(turn => turn.Cancel());
        }

        return EnterAsync(cancellation);
    }

    private void AdmitWaiting()
    {
        while (waiting.First is { Value: var first } && present.TrueForAll(turn => turn.Machine is not null && first.Machine is not null && turn.Machine != first.Machine))
        {
            waiting.RemoveFirst();
            present.Add(first.Turn = new Turn(this, first.Machine));
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
    }

    /// <summary>A change's turn; it ends when disposed.</summary>
    public sealed class Turn(LabGate owner, string? machine) : IDisposable
    {
        private readonly CancellationTokenSource interrupted = new();
        private CancellationTokenSource? both;

        public string? Machine { get; } = machine;

        public CancellationToken Cancellation => both!.Token;

        public Turn Begin(CancellationToken cancellation)
        {
            both = CancellationTokenSource.CreateLinkedTokenSource(interrupted.Token, cancellation);
            return this;
        }

        public void Cancel() => interrupted.Cancel();

        public void Dispose()
        {
            // First out of the gate: nobody cancels it after that.
            owner.End(this);
            both?.Dispose();
            interrupted.Dispose();
        }
    }
}
