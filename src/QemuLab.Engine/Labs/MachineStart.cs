using System.Net;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Labs;

/// <summary>
/// One start of one machine that does not run, within its change: makes what is missing and starts QEMU with its CPUs halted; they
/// run once the network is up and the machine is connected. Whatever fails, what the start made is taken back.
/// </summary>
internal sealed class MachineStart(MachineLauncher launcher, EngineParts parts, LabRecords records, EventLog events, LabEntry entry, VirtualMachine machine, MachinePlan plan)
{
    /// <summary>The code of a start that failed in a way that nobody has foreseen.</summary>
    private const string Broken = "start-broken";

    private readonly MachineRecord? before = entry.Record.Machines.GetValueOrDefault(plan.Name);
    private readonly string fingerprint = MachineFingerprint.Of(plan, entry.Plan.Host);
    private readonly bool isSuspended = launcher.Memory.IsToBeLoaded(entry, machine);
    private readonly UndoStack own = new();

    /// <summary>Done with QEMU before the CPUs are let go, such as giving it a memory; null: nothing.</summary>
    public Func<IRunningMachine, Task>? BeforeItRuns { get; init; }

    /// <summary>Leave the CPUs standing still.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether it goes on with the memory of its suspension.</summary>
    private bool Resumes => isSuspended && BeforeItRuns is null;

    /// <param name="network">Completes when the networks are up.</param>
    /// <param name="undo">Gets what takes it all back, should something later fail.</param>
    /// <param name="cancellation">Stops in between, and takes it back.</param>
    /// <exception cref="QemuLabException">It is suspended as another machine, or does not come up.</exception>
    public async Task RunAsync(Task network, UndoStack undo, CancellationToken cancellation)
    {
        EnsureMemoryFits();
        own.Push(() => before is null ? launcher.ForgetAsync(entry, machine) : records.ChangeAsync(entry, plan.Name, AsBefore));
        try
        {
            machine.Plan = plan;
            machine.Post(new MachineMessage.Provisioning());
            await launcher.Provisioner.ProvisionAsync(plan, entry.Plan, renewSeed: before?.Fingerprint != fingerprint, cancellation);
            own.Push(() => launcher.Ports.DisconnectAsync(plan, CancellationToken.None));
            machine.Post(new MachineMessage.Launching());

            // A machine that the record knows is found again whatever it says of it: that is written while QEMU starts.
            Task remembered = records.UpdateAsync(entry, known => known.With(plan.Name, Begun()));
            own.Push(() => remembered.ContinueWith(_ => { }, TaskScheduler.Default));
            if (before is null || Resumes)
            {
                await remembered;
            }

            FaultPoint.Reach("start-begun");
            IRunningMachine running = await LaunchAsync(network, cancellation);
            FaultPoint.Reach("start-launched");
            await LetGoAsync(running, remembered, cancellation);
            FaultPoint.Reach("start-continued");
            if (Resumes)
            {
                // What it was resumed from is gone with this: ending it now would lose it, so that it goes on whatever becomes of the others.
                await machine.PostAsync(new MachineMessage.Restored(before!.WasReady));
                await launcher.Memory.ResumedAsync(entry, machine);
                return;
            }

            undo.Push(async () =>
            {
                using IDisposable turn = await machine.ChangeAsync(CancellationToken.None);
                await own.UndoAsync();
            });
        }
        catch (Exception failure)
        {
            await own.UndoAsync();
            QemuLabException told = Told(failure);
            await TellAsync(told, cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (told.Code == Broken)
            {
                throw;
            }

            throw told;
        }
    }

    private void EnsureMemoryFits()
    {
        if (Resumes && before!.Fingerprint != fingerprint)
        {
            throw new QemuLabException(
                ErrorKind.Conflict, "machine-changed", $"{plan.Name} is suspended, and is now another machine than then: its memory fits only the QEMU that it was taken of",
                $"launch the lab as its file was then; or boot it and forget its memory: qemulab start {plan.Name} --cold");
        }
    }

    /// <summary>What the record says of it from now on.</summary>
    private MachineRecord Begun() => (before ?? new MachineRecord(MachineWanted.Running, fingerprint)) with
    {
        Wanted = MachineWanted.Running,
        Fingerprint = fingerprint,
        LeftoverOf = null,
        Suspension = Resumes ? SuspensionState.Resuming : null,
        HasRun = true,
        IsHeld = IsHeld,
        StartedWith = MachineSettings.Of(plan),
        IsFrozen = false,
        IsRestarting = false,
    };

    /// <summary>What the start has made of the record, taken back; what others have changed meanwhile stays.</summary>
    private MachineRecord AsBefore(MachineRecord known) => known with
    {
        Wanted = before!.Wanted,
        Fingerprint = before.Fingerprint,
        LeftoverOf = before.LeftoverOf,
        Suspension = before.Suspension,
        HasRun = before.HasRun,
        IsHeld = before.IsHeld,
        StartedWith = before.StartedWith,
    };

    /// <summary>QEMU with its CPUs halted, and connected.</summary>
    private async Task<IRunningMachine> LaunchAsync(Task network, CancellationToken cancellation)
    {
        Task connected = launcher.Ports.ConnectAsync(plan, network, cancellation);
        own.Push(() => connected.ContinueWith(_ => { }, TaskScheduler.Default));
        if (plan.Nics.Any(nic => parts.Network.ConnectsBeforeStart(nic.Network)))
        {
            await connected;
        }

        IRunningMachine running = await parts.Hypervisor.LaunchAsync(plan, cancellation);
        own.Push(EndAsync);
        (machine.AwaitsMemory, machine.IsBeingSuspended) = (Resumes || BeforeItRuns is not null, false);
        await machine.AttachAsync(running, new MachineMessage.Launched(running.ProcessId, running.StartedAt, CpusRun: !IsHeld));
        await connected;
        await launcher.Ports.EnsurePluggedAsync(plan, cancellation);
        return running;
    }

    /// <summary>Gives it its memory, where it has one, and lets its CPUs run.</summary>
    private async Task LetGoAsync(IRunningMachine running, Task remembered, CancellationToken cancellation)
    {
        if (Resumes)
        {
            await running.SnapshotAsync(SnapshotAction.Load, SnapshotName.SuspensionTag, QemuCommandLine.SnapshotNodes(plan), cancellation);
            FaultPoint.Reach("resume-loaded");
        }

        await remembered;
        await (BeforeItRuns?.Invoke(running) ?? Task.CompletedTask);
        await GuestMemory.ApplyAsync(running, plan, cancellation);
        await (IsHeld ? Task.CompletedTask : running.ContinueAsync(cancellation));
    }

    private async Task EndAsync()
    {
        machine.Post(new MachineMessage.StopRequested(TimeSpan.Zero));
        await machine.WhenAsync(status => !status.IsUp, CancellationToken.None).WaitAsync(MachineStopper.Slack, parts.Clock);
    }

    private QemuLabException Told(Exception failure) => failure switch
    {
        QemuLabException { Code: "port-taken" } taken when taken.Message.Contains(PortProbe.NameOf(IPAddress.Loopback, plan.SshPort, TransportProtocol.Tcp), StringComparison.Ordinal) =>
            new QemuLabException(taken.Kind, taken.Code, taken.Message, "try again: another port for SSH is chosen then", taken),
        QemuLabException known => known,
        OperationCanceledException => new QemuLabException(ErrorKind.Failed, "cancelled", $"{plan.Name}: the launch was cancelled"),
        IOException or UnauthorizedAccessException => new QemuLabException(ErrorKind.Failed, "files-failed", $"{plan.Name}: its files could not be made: {failure.Message}", "is the disk full, or the folder not writable? run: qemulab doctor", failure),
        _ => new QemuLabException(ErrorKind.Failed, Broken, $"{plan.Name}: {failure.Message}", cause: failure),
    };

    /// <summary>What has become of a start that failed, once it is taken back.</summary>
    private async Task TellAsync(QemuLabException why, CancellationToken cancellation)
    {
        bool sleepsOn = Resumes && launcher.Memory.IsToBeLoaded(entry, machine);
        await machine.PostAsync(sleepsOn
            ? new MachineMessage.Suspended($"it could not go on: {why.Message}", why.Hint ?? $"try again: qemulab resume {plan.Name}; or boot it and forget its memory: qemulab start {plan.Name} --cold")
            : new MachineMessage.StartFailed(why.Message, why.Hint, why.Kind));
        if (before is not null && !sleepsOn && !cancellation.IsCancellationRequested)
        {
            StillWanted();
        }

        if (before is null)
        {
            events.Add(LabEventKind.State, plan.Lab, plan.Name, nameof(MachineState.Failed), why.Message);
        }
    }

    /// <summary>It was asked to run: whether that is tried again is for its run strategy to say.</summary>
    private void StillWanted()
    {
        try
        {
            records.Change(entry, plan.Name, known => known with { Wanted = MachineWanted.Running, IsRestarting = false });
        }
        catch (IOException unwritten)
        {
            events.Add(LabEventKind.Warning, entry.Name, plan.Name, "record-not-written", $"it is not kept that {plan.Name} is to run: {unwritten.Message}");
        }
    }
}
