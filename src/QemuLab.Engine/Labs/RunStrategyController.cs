using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Starts machines again that have ended, as their run strategies ask: at once where they ran well, later and later where they do not come up.</summary>
/// <param name="clock">Measures the waits.</param>
/// <param name="events">Told of what is started again.</param>
/// <param name="records">What was last asked of a machine.</param>
/// <param name="start">Starts a machine of a lab; returns when it runs, or why it does not.</param>
/// <param name="jitter">From 0 to 1: so that not all machines start at one time.</param>
internal sealed class RunStrategyController(
    TimeProvider clock, EventLog events, LabRecords records, Func<LabEntry, VirtualMachine, CancellationToken, Task<MachineLaunch>> start, Func<double> jitter) : IDisposable
{
    private readonly ConcurrentDictionary<VirtualMachine, bool> attended = new();
    private readonly ConcurrentDictionary<VirtualMachine, (MachineStatus Status, bool HasRunWell)> missed = new();
    private readonly ConcurrentDictionary<VirtualMachine, int> failures = new();
    private readonly CancellationTokenSource ended = new();
    private volatile bool isOpen;

    /// <summary>What counts for a machine: what a verb has made of it, else the lab file's.</summary>
    public static RunStrategy StrategyOf(LabEntry entry, VirtualMachine machine) =>
        entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Strategy ?? SpecOf(entry, machine).RunStrategy;

    /// <summary>Whether it still has to run, and does not.</summary>
    public static bool IsWanted(LabEntry entry, VirtualMachine machine) =>
        !machine.Status.IsUp
        && entry.Find(machine.Plan.Name) == machine
        && entry.Record.Machines.GetValueOrDefault(machine.Plan.Name) is { Wanted: MachineWanted.Running, Suspension: null };

    /// <summary>From here on ends are answered; those that were found on the way here too.</summary>
    public void Open(IEnumerable<LabEntry> labs)
    {
        isOpen = true;
        foreach (LabEntry entry in labs)
        {
            foreach (VirtualMachine machine in entry.Machines.Where(machine => !machine.Status.IsUp))
            {
                Attend(entry, machine, machine.Status, hasRunWell: true);
            }
        }
    }

    /// <summary>A machine's status has changed. Returns at once.</summary>
    public void OnChange(LabEntry entry, VirtualMachine machine, MachineStatus before, MachineStatus now)
    {
        if (now.Phase == BootPhase.Ready)
        {
            failures.TryRemove(machine, out _);
        }

        // What ended because it was told to is not started again.
        if (isOpen && before.State != now.State && now.State is MachineState.Stopped or MachineState.Failed && before.State is not (MachineState.Stopping or MachineState.CrashLoopBackOff))
        {
            bool hasRunWell = before.Phase == BootPhase.Ready || now.Since - before.StartedAt >= RunStrategyRules.StableAfter;
            Attend(entry, machine, now, hasRunWell);
        }
    }

    public void Dispose()
    {
        isOpen = false;
        ended.Cancel();
        ended.Dispose();
    }

    private static MachineSpec SpecOf(LabEntry entry, VirtualMachine machine) =>
        (entry.Plan.Machines.FirstOrDefault(plan => plan.Name == machine.Plan.Name) ?? machine.Plan).Spec;

    private void Attend(LabEntry entry, VirtualMachine machine, MachineStatus status, bool hasRunWell)
    {
        missed[machine] = (status, hasRunWell);
        AttendMissed(entry, machine);
    }

    /// <summary>Whoever attends the machine looks, when it is done, for ends that it has missed: so one that is noted here is seen by one of the two.</summary>
    private void AttendMissed(LabEntry entry, VirtualMachine machine)
    {
        if (isOpen && missed.ContainsKey(machine) && attended.TryAdd(machine, true))
        {
            CancellationToken cancellation = ended.Token;
            _ = Task.Run(() => AttendAsync(entry, machine, cancellation), CancellationToken.None);
        }
    }

    private async Task AttendAsync(LabEntry entry, VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            (MachineStatus status, bool hasRunWell) = missed.TryRemove(machine, out (MachineStatus, bool) end) ? end : (machine.Status, true);
            bool restarts = entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.IsRestarting == true;
            while (IsWanted(entry, machine))
            {
                if (!restarts && !RunStrategyRules.StartsAgain(StrategyOf(entry, machine), failed: status.State == MachineState.Failed))
                {
                    await records.ChangeAsync(entry, machine.Plan.Name, record => record with { Wanted = MachineWanted.Stopped });
                    break;
                }

                int count = hasRunWell ? failures[machine] = 0 : failures.AddOrUpdate(machine, 1, (_, known) => known + 1);
                await WaitAsync(machine, count, cancellation);
                if (!IsWanted(entry, machine) || await StartAsync(entry, machine, restarts ? "its restart goes on" : $"as its run strategy {StrategyOf(entry, machine)} asks", cancellation))
                {
                    break;
                }

                restarts = false;
                missed.TryRemove(machine, out _);
                (status, hasRunWell) = (machine.Status with { State = MachineState.Failed }, false);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon goes; its successor finds what is wanted in the record.
        }
        catch (IOException unwritten)
        {
            events.Add(LabEventKind.Warning, entry.Name, machine.Plan.Name, "record-not-written", $"it is not kept that {machine.Plan.Name} has ended: {unwritten.Message}");
        }
        finally
        {
            attended.TryRemove(machine, out _);
            if (entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Wanted != MachineWanted.Running)
            {
                failures.TryRemove(machine, out _);
            }
        }

        // One that ended between its start and here.
        AttendMissed(entry, machine);
    }

    private async Task WaitAsync(VirtualMachine machine, int count, CancellationToken cancellation)
    {
        TimeSpan delay = RunStrategyRules.Delay(count, jitter());
        if (delay > TimeSpan.Zero)
        {
            await machine.PostAsync(new MachineMessage.BackedOff(count, clock.GetUtcNow() + delay));
            using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task left = machine.WhenAsync(status => status.State != MachineState.CrashLoopBackOff, stopped.Token);
            await Task.WhenAny(Task.Delay(delay, clock, stopped.Token), left);
            await stopped.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> StartAsync(LabEntry entry, VirtualMachine machine, string why, CancellationToken cancellation)
    {
        string name = machine.Plan.Name;
        events.Add(LabEventKind.State, entry.Name, name, "StartedAgain", $"{why}: {machine.Status.Reason ?? "it had ended"}");
        try
        {
            return (await start(entry, machine, cancellation)).Error is null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it was may be over when it is tried again: a full disk, a host without memory.
            QemuLabException told = failure as QemuLabException ?? FileTrouble.Of(failure) ?? new QemuLabException(ErrorKind.Failed, "start-broken", $"{name}: {failure.Message}", cause: failure);
            await machine.PostAsync(new MachineMessage.StartFailed(told.Message, told.Hint, told.Kind));
            return false;
        }
    }
}
