using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// The turns of machines that are started together: each waits for what it depends on and for nothing else. A dependency that
/// is not started with it is looked at as it is.
/// </summary>
/// <param name="order">Who waits for whom.</param>
/// <param name="machines">Those that are started.</param>
/// <param name="machineOf">A machine of the lab; null where there is none of the name yet.</param>
/// <param name="health">Asks whether they are healthy.</param>
/// <param name="events">Told of who waits.</param>
internal sealed class LaunchTurns(LaunchOrder order, IEnumerable<string> machines, Func<string, VirtualMachine?> machineOf, HealthWatch health, EventLog events)
{
    private readonly Dictionary<string, TaskCompletionSource<QemuLabException?>> started =
        machines.ToDictionary(machine => machine, _ => new TaskCompletionSource<QemuLabException?>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Whether the failure is that of a machine that was not started because another one failed.</summary>
    public static bool IsNotStarted(QemuLabException failure) => failure.Code == NotStarted;

    private const string NotStarted = "dependency-failed";

    /// <summary>Tells those that wait for it that the machine's CPUs run, or why they never will; only the first word counts.</summary>
    public void Tell(string machine, QemuLabException? failure) => started.GetValueOrDefault(machine)?.TrySetResult(failure);

    /// <summary>Completes when all that the machine depends on has come so far.</summary>
    /// <exception cref="QemuLabException">Something of it will not (code <c>dependency-failed</c>), or the machine is asked to stop meanwhile.</exception>
    public async Task AwaitAsync(MachinePlan plan, TimeLimit limit, CancellationToken cancellation)
    {
        Task[] waits = [.. order.DependenciesOf(plan.Name).Select(dependency => AwaitAsync(plan, dependency, limit, cancellation))];
        if (waits.Length == 0)
        {
            return;
        }

        if (!Array.TrueForAll(waits, wait => wait.IsCompleted))
        {
            events.Add(LabEventKind.State, plan.Lab, plan.Name, "Waiting", $"for {string.Join(", ", order.DependenciesOf(plan.Name).Select(dependency => $"{dependency.Machine} to be {dependency.Condition.Word()}"))}");
        }

        Task all = AllAsync();
        await (machineOf(plan.Name) is { } machine ? machine.AwaitStartAsync(all) : all);

        async Task AllAsync()
        {
            await foreach (Task done in Task.WhenEach(waits).WithCancellation(cancellation))
            {
                await done;
            }
        }
    }

    private async Task AwaitAsync(MachinePlan plan, Dependency dependency, TimeLimit limit, CancellationToken cancellation)
    {
        try
        {
            if (started.TryGetValue(dependency.Machine, out TaskCompletionSource<QemuLabException?>? start) && await start.Task.WaitAsync(limit.Token).WaitAsync(cancellation) is { } failure)
            {
                throw IsNotStarted(failure) ? Failed("was not started either", failure) : Failed($"failed: {Bare(failure.Message, dependency.Machine)}", failure);
            }

            VirtualMachine machine = machineOf(dependency.Machine) is { Status.IsUp: true } up ? up : throw Failed("does not run", null);
            if (dependency.Condition != DependencyCondition.Started)
            {
                await MachineLaunches.AwaitSettledAsync(machine, limit, cancellation);
            }

            if (machine.Status.State == MachineState.Paused)
            {
                throw Failed("stands still", new QemuLabException(ErrorKind.Failed, "machine-paused", "", $"let it go on: qemulab unpause {dependency.Machine}"));
            }

            if (dependency.Condition == DependencyCondition.Healthy)
            {
                await health.AwaitAsync(machine, limit, cancellation);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failed("was not started within the time limit", new QemuLabException(ErrorKind.TimedOut, "launch-timeout", ""));
        }
        catch (QemuLabException failure) when (!IsNotStarted(failure))
        {
            throw Failed($"did not become {dependency.Condition.Word()}: {Bare(failure.Message, dependency.Machine)}", failure);
        }

        static string Bare(string message, string machine) => message.StartsWith(machine + ": ", StringComparison.Ordinal) ? message[(machine.Length + 2)..] : message;

        QemuLabException Failed(string what, QemuLabException? cause) => new(
            cause?.Kind ?? ErrorKind.Failed,
            NotStarted,
            $"{plan.Name} was not started: it depends on {dependency.Machine}, which {what}",
            cause?.Hint ?? $"start it: qemulab start {dependency.Machine}",
            cause);
    }
}
