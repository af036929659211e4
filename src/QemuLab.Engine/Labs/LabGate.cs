namespace QemuLab.Engine.Labs;

/// <summary>Lets one change of a lab happen at a time. A later one waits for its turn, or ends the present one where it must not wait.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "a SemaphoreSlim whose wait handle nobody asks for holds nothing to free")]
internal sealed class LabGate
{
    private readonly SemaphoreSlim turns = new(1, 1);
    private readonly Lock gate = new();
    private CancellationTokenSource? present;

    /// <summary>Waits for the change that is under way.</summary>
    public async Task<Turn> EnterAsync(CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (gate)
        {
            present = source;
        }

        return new Turn(this, source);
    }

    /// <summary>Cancels the change that is under way, waits until it has taken itself back, and enters.</summary>
    public Task<Turn> InterruptAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            present?.Cancel();
        }

        return EnterAsync(cancellation);
    }

    /// <summary>A change's turn; it ends when disposed.</summary>
    public sealed class Turn(LabGate owner, CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Cancellation => source.Token;

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.present = null;
            }

            source.Dispose();
            owner.turns.Release();
        }
    }
}
