using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Machines;

/// <summary>
/// Bounds how many virtual CPUs boot at the same time, first come first served. Under TCG a vCPU is a host thread that is
/// busy for the whole boot: three guests of two vCPUs on two cores take a quarter longer, together, than one after another.
/// </summary>
public sealed class BootBudget
{
    private readonly int capacity;
    private readonly Lock gate = new();
    private readonly LinkedList<(int Weight, TaskCompletionSource Admitted)> queue = [];
    private int free;

    /// <param name="capacity">vCPUs, at least 1.</param>
    public BootBudget(int capacity) => this.capacity = free = capacity;

    public static BootBudget For(HostFacts host) =>
        new(host.Accelerator?.Accelerator == Accelerator.Tcg ? Math.Max(1, host.Cores * 3 / 2) : host.Cores * 4);

    /// <summary>Waits until that many vCPUs may boot; disposing the result gives them back. One machine that is larger than everything boots alone.</summary>
    public async Task<IDisposable> EnterAsync(int cpus, CancellationToken cancellation)
    {
        int weight = Math.Min(cpus, capacity);
        var admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            queue.AddLast((weight, admitted));
            AdmitWaiting();
        }

        await using CancellationTokenRegistration registration = cancellation.Register(() => admitted.TrySetCanceled(cancellation));
        await admitted.Task;
        return new Share(this, weight);
    }

    private void AdmitWaiting()
    {
        while (queue.First is { } first && (first.Value.Admitted.Task.IsCompleted || first.Value.Weight <= free))
        {
            queue.RemoveFirst();
            if (first.Value.Admitted.TrySetResult())
            {
                free -= first.Value.Weight;
            }
        }
    }

    private void GiveBack(int weight)
    {
        lock (gate)
        {
            free += weight;
            AdmitWaiting();
        }
    }

    private sealed class Share(BootBudget budget, int weight) : IDisposable
    {
        private int given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 1) == 0)
            {
                budget.GiveBack(weight);
            }
        }
    }
}
