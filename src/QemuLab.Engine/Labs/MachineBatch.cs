using System.Diagnostics;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Several machines of a lab that are started or stopped together: in the order of what they depend on, those that do not depend on each other side by side.</summary>
public sealed class MachineBatch
{
    private readonly LabMachines each;
    private readonly LabReconciler reconciler;
    private readonly Func<string, LabEntry> entryOf;
    private readonly TimeProvider clock;

    /// <param name="each">Starts and stops each one.</param>
    /// <param name="reconciler">Knows the turns.</param>
    /// <param name="entryOf">A lab; throws where there is none.</param>
    /// <param name="clock">For the time limit.</param>
    internal MachineBatch(LabMachines each, LabReconciler reconciler, Func<string, LabEntry> entryOf, TimeProvider clock) =>
        (this.each, this.reconciler, this.entryOf, this.clock) = (each, reconciler, entryOf, clock);

    /// <summary>Starts these machines and no others: what they depend on beside them is left as it is, and not waited for.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="machines">Their names.</param>
    /// <param name="options">How; without a wait, only what others of them need is waited for.</param>
    /// <param name="cancellation">Takes back the start that is under way.</param>
    /// <returns>What became of each, in their order.</returns>
    public async Task<IReadOnlyList<MachineResult>> StartAsync(string lab, IReadOnlyList<string> machines, LaunchOptions options, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        LaunchTurns turns = reconciler.Turns(entry, machines, options);
        using var limit = new TimeLimit(options.TimeLimit, clock);
        return await Task.WhenAll(machines.Distinct().Select(name => ResultAsync(name, () => StartAsync(entry, name, options, turns, limit, how => each.StartAsync(lab, name, how, cancellation), cancellation))));
    }

    /// <summary>Stops machines, those first that depend on others, and starts each again as the lab file now asks for it, once those of them that it depends on are there again.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="machines">Their names.</param>
    /// <param name="stop">How they are stopped.</param>
    /// <param name="start">How they are started.</param>
    /// <param name="cancellation">Gives up what is not yet started again.</param>
    /// <returns>What became of each, in their order.</returns>
    public async Task<IReadOnlyList<MachineResult>> RestartAsync(string lab, IReadOnlyList<string> machines, StopOptions stop, LaunchOptions start, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        VirtualMachine[] chosen = [.. machines.Distinct().Select(name => Find(entry, name))];
        if (chosen is [{ Plan.Name: var only }])
        {
            // Nobody waits between its halves: it keeps its turn.
            return [await ResultAsync(only, async () => Succeeded(await each.RestartAsync(lab, only, stop, start, cancellation)).Outcome.ToString())];
        }

        var results = new Task<MachineResult>[chosen.Length];
        LaunchTurns turns = reconciler.Turns(entry, [.. chosen.Where(machine => machine.Status.IsUp).Select(machine => machine.Plan.Name)], start);
        using var limit = new TimeLimit(start.TimeLimit, clock);
        await LabReconciler.StopInOrderAsync(entry, chosen, stop, async machine =>
        {
            Task<RestartUnderWay> stopped = each.StopToRestartAsync(lab, machine.Plan.Name, stop, cancellation);
            results[Array.IndexOf(chosen, machine)] = ResultAsync(machine.Plan.Name, () => StartAgainAsync(entry, machine, stopped, start, turns, limit, cancellation));
            await ((Task)stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        return await Task.WhenAll(results);
    }

    /// <summary>Stops machines, those first that depend on others; by force all at once.</summary>
    /// <inheritdoc cref="StartAsync(string, IReadOnlyList{string}, LaunchOptions, CancellationToken)"/>
    public async Task<IReadOnlyList<MachineResult>> StopAsync(string lab, IReadOnlyList<string> machines, StopOptions options, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        VirtualMachine[] chosen = [.. machines.Distinct().Select(name => Find(entry, name))];
        var results = new MachineResult[chosen.Length];
        await LabReconciler.StopInOrderAsync(entry, chosen, options, async machine => results[Array.IndexOf(chosen, machine)] = await ResultAsync(machine.Plan.Name, async () =>
        {
            await each.StopAsync(lab, machine.Plan.Name, options, cancellation);
            return nameof(MachineState.Stopped);
        }));
        return results;
    }

    /// <summary>One that is not started again, because another one failed, is stopped for good.</summary>
    private async Task<string> StartAgainAsync(LabEntry entry, VirtualMachine machine, Task<RestartUnderWay> stopped, LaunchOptions options, LaunchTurns turns, TimeLimit limit, CancellationToken cancellation)
    {
        try
        {
            RestartUnderWay restart = await stopped;
            return await StartAsync(entry, machine.Plan.Name, options, turns, limit, how => each.StartAgainAsync(restart, how, cancellation), cancellation);
        }
        catch (Exception failure)
        {
            Tell(turns, machine, failure);
            throw;
        }
        finally
        {
            reconciler.Records.EndRestart(entry, machine.Plan.Name);
        }
    }

    private async Task<string> StartAsync(
        LabEntry entry, string name, LaunchOptions options, LaunchTurns turns, TimeLimit limit, Func<LaunchOptions, Task<MachineLaunch>> start, CancellationToken cancellation)
    {
        VirtualMachine? found = null;
        try
        {
            VirtualMachine machine = found = Find(entry, name);
            int stops = machine.Stops;
            if (!machine.Status.IsUp)
            {
                await turns.AwaitAsync(machine.Plan, limit, cancellation);
            }

            if (machine.Stops != stops)
            {
                throw new QemuLabException(ErrorKind.Conflict, "start-outdated", $"{name} was asked to stop while this start of it waited", "look at it: qemulab list");
            }

            MachineLaunch launch = Succeeded(await start(options with { Wait = false }));
            turns.Tell(name, null);
            return (options.Wait ? Succeeded(await reconciler.Launches.AwaitReadyAsync(launch, machine, options, cancellation)) : launch).Outcome.ToString();
        }
        catch (Exception failure)
        {
            if (found is null)
            {
                turns.Tell(name, Told(name, failure));
                throw;
            }

            Tell(turns, found, failure);
            if (failure is QemuLabException told && LaunchTurns.IsNotStarted(told))
            {
                await reconciler.Launcher.NotStartedAsync(entry, found, told);
            }

            throw;
        }
    }

    /// <summary>Whoever waits for it is told why it never comes; unless it is there all the same.</summary>
    private static void Tell(LaunchTurns turns, VirtualMachine machine, Exception failure) => turns.Tell(machine.Plan.Name, machine.Status.IsUp ? null : Told(machine.Plan.Name, failure));

    private static MachineLaunch Succeeded(MachineLaunch launch) => launch.Error is { } error
        ? throw new QemuLabException(launch.Kind ?? ErrorKind.Failed, "start-failed", $"{launch.Machine}: {error}", launch.Hint) { ExitCode = launch.ExitCode }
        : launch;

    private static async Task<MachineResult> ResultAsync(string name, Func<Task<string>> work)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            return new MachineResult(name, await work(), Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        catch (Exception failure)
        {
            // What becomes of the others is told all the same.
            return new MachineResult(name, "Failed", Stopwatch.GetElapsedTime(began).TotalSeconds, Told(name, failure));
        }
    }

    private static QemuLabException Told(string name, Exception failure) => failure switch
    {
        QemuLabException known => known,
        OperationCanceledException => new QemuLabException(ErrorKind.Failed, "cancelled", $"{name}: cancelled; what had been begun was taken back", cause: failure),
        _ => FileTrouble.Of(failure) ?? new QemuLabException(ErrorKind.Failed, "machine-failed", $"{name}: {failure.Message}", cause: failure),
    };

    private static VirtualMachine Find(LabEntry entry, string name) => entry.Find(name)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{name}' in lab {entry.Name}", "run: qemulab list");
}

/// <summary>What became of one of several machines.</summary>
/// <param name="Outcome">In one word.</param>
/// <param name="Failure">Null where it went well.</param>
public sealed record MachineResult(string Machine, string Outcome, double Seconds, QemuLabException? Failure = null);
