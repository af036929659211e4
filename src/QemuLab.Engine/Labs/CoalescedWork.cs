namespace QemuLab.Engine.Labs;

/// <summary>
/// Work whose result must be newer than the question. Who asks while a run is under way shares the next one with all who ask
/// meanwhile: fifty machines that start at once look at the host twice and not fifty times.
/// </summary>
/// <typeparam name="T">What a run comes to.</typeparam>
internal sealed class CoalescedWork<T>
{
    private readonly Lock gate = new();
    private Task running = Task.CompletedTask;
    private Task<T>? next;

    /// <summary>The result, or the fault, of a run that has begun after this call.</summary>
    /// <param name="work">The same for all who ask; a run is not cancelled with one of them.</param>
    public Task<T> AskAsync(Func<Task<T>> work)
    {
        lock (gate)
        {
            return next ??= RunAsync(running, work);
        }
    }

    private async Task<T> RunAsync(Task before, Func<Task<T>> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (gate)
        {
            (running, next) = (next!, null);
        }

        return await work();
    }
}
