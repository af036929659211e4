using System.Collections.Concurrent;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Asks machines whether they are healthy, each one once for all that wait for it.</summary>
internal sealed class HealthWatch(EngineParts parts, EventLog events)
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> watches = new(StringComparer.Ordinal);

    /// <summary>Completes when the machine is healthy.</summary>
    /// <exception cref="QemuLabException">It is not, it has gone, or the time is over.</exception>
    public Task AwaitAsync(VirtualMachine machine, TimeLimit limit, CancellationToken cancellation) =>
        watches.GetOrAdd(machine.Plan.Name, _ => new Lazy<Task>(() => WatchAsync(machine, limit, cancellation))).Value;

    private async Task WatchAsync(VirtualMachine machine, TimeLimit limit, CancellationToken cancellation)
    {
        HealthCheck check = machine.Plan.Spec.HealthCheck
            ?? throw new QemuLabException(ErrorKind.Conflict, "no-health-check", $"{machine.Plan.Name} runs as a lab file asked that gave it no healthCheck", $"apply the present one: qemulab restart {machine.Plan.Name}");
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        string? answer = null;
        for ((int good, int bad) = (0, 0); good < check.Rise; await Task.Delay(good < check.Rise ? check.Interval : TimeSpan.Zero, parts.Clock, both.Token))
        {
            if (!machine.Status.IsUp)
            {
                throw new QemuLabException(ErrorKind.Failed, "not-healthy", machine.Status.Reason ?? $"{machine.Plan.Name} was stopped while it was waited for", machine.Status.Hint);
            }

            answer = await parts.CheckHealth(machine.Plan, check, both.Token);
            (good, bad) = answer is null ? (good + 1, 0) : (0, bad + 1);
            if (bad >= check.Fall)
            {
                throw new QemuLabException(ErrorKind.Failed, "not-healthy", $"its health check failed {bad} times in a row: {answer}", $"look into it: qemulab ssh {machine.Plan.Name}");
            }
        }

        events.Add(LabEventKind.Phase, machine.Plan.Lab, machine.Plan.Name, "Healthy", null);
    }
}
