using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>What machines come to: their guests' way to readiness into their mailboxes, and each new status to whoever listens.</summary>
internal sealed class MachineReports(EngineParts parts, EventLog events)
{
    private readonly BootRecorders recorders = new(parts.Clock);
    private StageRuns? runs;

    /// <summary>Takes a snapshot of a lab under a name, in the place of one of that name; for a stage that asks for it.</summary>
    public required Func<string, string, CancellationToken, Task> Snapshot { get; init; }

    /// <summary>Told of each new status of any machine, with the old one first.</summary>
    public Action<MachineStatus, MachineStatus>? Listener { get; set; }

    /// <summary>One for all machines, whose watches begin at the same time: each is driven by one alone.</summary>
    private StageRuns Stages => LazyInitializer.EnsureInitialized(ref runs, () => new StageRuns(new StageTools(parts.Clock, events, Snapshot)));

    /// <summary>Watches a guest come up, until it is ready, will not be, or the watch is ended.</summary>
    public async Task WatchReadinessAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        BootRecorder? boot = recorders.For(machine);
        try
        {
            await ArriveAsync(machine, boot, Stages.For(machine), cancellation);
            boot?.Finish(BootEnd.Ready);
            machine.Post(new MachineMessage.PhaseReached(BootPhase.Ready, null));
        }
        catch (OperationCanceledException)
        {
            // The machine went, or begins anew, or the daemon goes: then the next one sees the boot to its end.
            if (!machine.Status.IsUp || machine.Status.State == MachineState.Stopping)
            {
                boot?.Finish(BootEnd.Interrupted);
            }
        }
        catch (QemuLabException never) when (!cancellation.IsCancellationRequested)
        {
            boot?.Finish(BootEnd.NotReady);
            machine.Post(new MachineMessage.NotReady(never.Message, never.Hint, never.Kind));
        }
    }

    /// <summary>The guest and its stages: the first that fails ends both.</summary>
    private async Task ArriveAsync(VirtualMachine machine, BootRecorder? boot, Task<StageResult>? stages, CancellationToken cancellation)
    {
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task guest = parts.AwaitReady(machine.Plan, new GuestArrival(machine.Status.Restored, boot?.Boot, stages), new PhaseReports(machine, boot, stages, watch.Token), watch.Token);
        try
        {
            if (stages is not null)
            {
                await (await Task.WhenAny(guest, stages) == guest ? guest : stages);
                StageResult result = await stages.WaitAsync(cancellation);
                if (!result.IsPassed)
                {
                    throw result.Error();
                }
            }

            await guest;
        }
        finally
        {
            await watch.CancelAsync();
            await guest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A machine's status is another one now.</summary>
    public void OnChange(MachinePlan plan, MachineStatus before, MachineStatus now)
    {
        if (now is { ReadyAfter: { } after, ProcessId: { } process } && before.ReadyAfter is null)
        {
            ReadyMark.Write(plan.Directory, process, after);
        }
        else if (now.ReadyAfter is null && before.ReadyAfter is not null)
        {
            ReadyMark.Remove(plan.Directory);
        }

        if (before.IsUp && !now.IsUp)
        {
            // Who is logged in would else wait for a minute for a guest that has gone.
            _ = CloseMasterAsync(plan, CancellationToken.None);
        }

        // The same again is counted, not told again.
        foreach (MachineAlarm alarm in now.Alarms.Where(alarm => alarm.Count == 1).Except(before.Alarms))
        {
            events.Add(LabEventKind.Alarm, now.Lab, now.Name, alarm.Kind.ToString(), alarm.Message);
        }

        if (before.State != now.State)
        {
            events.Add(LabEventKind.State, now.Lab, now.Name, now.State.ToString(), now.Reason);
        }

        if (now.Phase != BootPhase.None && (before.Phase != now.Phase || before.Reason != now.Reason))
        {
            events.Add(LabEventKind.Phase, now.Lab, now.Name, now.Phase.ToString(), now.Reason);
        }

        Listener?.Invoke(before, now);
    }

    /// <summary>Ends the shared SSH connection, if there is one: it would hold its own end of a machine that goes.</summary>
    public Task CloseMasterAsync(MachinePlan plan, CancellationToken cancellation) =>
        File.Exists(plan.Directory.SshMaster)
            ? parts.Runner.RunAsync(SshCommand.CloseMaster(parts.Paths.SshConfig(plan.Lab), plan.Name), cancellation)
            : Task.CompletedTask;

    /// <summary>Carries the watcher's reports into the mailbox and the file of boots, until the watch is ended. Ready is one only with its stages behind it.</summary>
    private sealed class PhaseReports(VirtualMachine machine, BootRecorder? boot, Task<StageResult>? stages, CancellationToken cancellation) : IProgress<ReadinessUpdate>
    {
        public void Report(ReadinessUpdate value)
        {
            if (!cancellation.IsCancellationRequested)
            {
                if (value.Boot is { } known)
                {
                    boot?.Learn(known);
                }

                if (value.Phase != BootPhase.Ready || stages is null or { IsCompleted: true })
                {
                    machine.Post(new MachineMessage.PhaseReached(value.Phase, value.Detail));
                }
            }
        }
    }
}
