using System.Net;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Starts and stops one machine of a lab with all that belongs to it: files, network port, process.</summary>
/// <param name="parts">What it works with.</param>
/// <param name="ssh">The labs' files for SSH.</param>
/// <param name="records">The labs' records.</param>
/// <param name="events">Told of what happens.</param>
/// <param name="snapshot">Takes a snapshot of a lab under a name, in the place of one of that name.</param>
internal sealed class MachineLauncher(EngineParts parts, SshFiles ssh, LabRecords records, EventLog events, Func<string, string, CancellationToken, Task> snapshot)
{
    /// <summary>The code of a start that failed in a way that nobody has foreseen.</summary>
    private const string Broken = "start-broken";

    /// <summary>Beyond the three tones of a stop, which end with SIGKILL.</summary>
    private static readonly TimeSpan StopSlack = TimeSpan.FromSeconds(20);

    private readonly MachineProvisioner provisioner = new(new QemuImg(() => parts.Host.Facts, parts.Runner), ssh);
    private readonly MachinePorts ports = new(parts.Network);
    private readonly HostRoom room = new(parts.Clock);

    /// <summary>Memories on disk, and what follows from going on with one.</summary>
    public MachineMemory Memory { get; } = new(parts, records, events);

    /// <summary>Tells of the machines, and watches them come up.</summary>
    public MachineReports Reports { get; } = new(parts, events) { Snapshot = snapshot };

    /// <summary>The machines' places on their networks.</summary>
    public MachinePorts Ports => ports;

    /// <summary>
    /// Makes what is missing and starts QEMU with its CPUs halted; they run once the network is up and the machine is
    /// connected. Whatever fails, what this call made is taken back; later failures take it back by <paramref name="undo"/>.
    /// </summary>
    /// <param name="entry">The lab.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="plan">What it is started with.</param>
    /// <param name="network">Completes when the networks are up.</param>
    /// <param name="undo">Gets what takes it all back.</param>
    /// <param name="cancellation">Stops in between, and takes it back.</param>
    /// <param name="beforeItRuns">Done with QEMU before the CPUs are let go, such as giving it a memory; null: nothing.</param>
    /// <param name="isHeld">Leave the CPUs standing still.</param>
    /// <param name="stops">How often the machine had been asked to stop when this start was asked for; null: when it is called.</param>
    /// <exception cref="QemuLabException">It runs, was asked to stop meanwhile, or does not come up.</exception>
    public async Task StartAsync(
        LabEntry entry, VirtualMachine machine, MachinePlan plan, Task network, UndoStack undo, CancellationToken cancellation, Func<IRunningMachine, Task>? beforeItRuns = null, bool isHeld = false, int? stops = null)
    {
        int asked = stops ?? machine.Stops;
        using IDisposable change = await machine.ChangeAsync(cancellation);
        if (machine.Stops != asked || machine.Status.IsUp)
        {
            throw new QemuLabException(
                ErrorKind.Conflict, "start-outdated", $"{plan.Name} was {(machine.Status.IsUp ? "started" : "asked to stop")} while this start of it waited", "look at it: qemulab list");
        }

        await Memory.DiscardOldAsync(entry, machine);
        MachineRecord? before = entry.Record.Machines.GetValueOrDefault(plan.Name);
        string fingerprint = MachineFingerprint.Of(plan, entry.Plan.Host);
        bool resumes = Memory.IsToBeLoaded(entry, machine) && beforeItRuns is null;
        if (resumes && before!.Fingerprint != fingerprint)
        {
            throw new QemuLabException(
                ErrorKind.Conflict, "machine-changed", $"{plan.Name} is suspended, and is now another machine than then: its memory fits only the QEMU that it was taken of",
                $"launch the lab as its file was then; or boot it and forget its memory: qemulab start {plan.Name} --cold");
        }

        var own = new UndoStack();
        own.Push(() => before is null ? ForgetAsync(entry, machine) : records.ChangeAsync(entry, plan.Name, known => AsBefore(known, before)));
        try
        {
            machine.Plan = plan;
            machine.Post(new MachineMessage.Provisioning());
            await provisioner.ProvisionAsync(plan, entry.Plan, renewSeed: before?.Fingerprint != fingerprint, cancellation);
            own.Push(() => ports.DisconnectAsync(plan, CancellationToken.None));
            machine.Post(new MachineMessage.Launching());

            // A machine that the record knows is found again whatever it says of it: that is written while QEMU starts.
            MachineRecord record = (before ?? new MachineRecord(MachineWanted.Running, fingerprint)) with
            {
                Wanted = MachineWanted.Running,
                Fingerprint = fingerprint,
                LeftoverOf = null,
                Suspension = resumes ? SuspensionState.Resuming : null,
                HasRun = true,
                IsHeld = isHeld,
                StartedWith = MachineSettings.Of(plan),
                IsFrozen = false,
                IsRestarting = false,
            };
            Task remembered = records.UpdateAsync(entry, known => known.With(plan.Name, record));
            own.Push(() => remembered.ContinueWith(_ => { }, TaskScheduler.Default));
            if (before is null || resumes)
            {
                await remembered;
            }

            FaultPoint.Reach("start-begun");

            Task connected = ports.ConnectAsync(plan, network, cancellation);
            own.Push(() => connected.ContinueWith(_ => { }, TaskScheduler.Default));
            if (plan.Nics.Any(nic => parts.Network.ConnectsBeforeStart(nic.Network)))
            {
                await connected;
            }

            IRunningMachine running = await parts.Hypervisor.LaunchAsync(plan, cancellation);
            own.Push(() => EndAsync(machine));
            (machine.AwaitsMemory, machine.IsBeingSuspended) = (resumes || beforeItRuns is not null, false);
            await machine.AttachAsync(running, new MachineMessage.Launched(running.ProcessId, running.StartedAt, CpusRun: !isHeld));
            await connected;
            await ports.EnsurePluggedAsync(plan, cancellation);
            FaultPoint.Reach("start-launched");
            if (resumes)
            {
                await running.SnapshotAsync(SnapshotAction.Load, SnapshotName.SuspensionTag, QemuCommandLine.SnapshotNodes(plan), cancellation);
                FaultPoint.Reach("resume-loaded");
            }

            await remembered;
            await (beforeItRuns?.Invoke(running) ?? Task.CompletedTask);
            await GuestMemory.ApplyAsync(running, plan, cancellation);
            await (isHeld ? Task.CompletedTask : running.ContinueAsync(cancellation));
            FaultPoint.Reach("start-continued");
            if (resumes)
            {
                // What it was resumed from is gone with this: ending it now would lose it, so that it goes on whatever becomes of the others.
                await machine.PostAsync(new MachineMessage.Restored(before!.WasReady));
                await Memory.ResumedAsync(entry, machine);
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
            QemuLabException told = Told(plan, failure);
            bool sleepsOn = resumes && Memory.IsToBeLoaded(entry, machine);
            await machine.PostAsync(sleepsOn
                ? new MachineMessage.Suspended($"it could not go on: {told.Message}", told.Hint ?? $"try again: qemulab resume {plan.Name}; or boot it and forget its memory: qemulab start {plan.Name} --cold")
                : new MachineMessage.StartFailed(told.Message, told.Hint, told.Kind));
            if (before is not null && !sleepsOn && !cancellation.IsCancellationRequested)
            {
                StillWanted(entry, plan.Name);
            }

            if (before is null)
            {
                events.Add(LabEventKind.State, plan.Lab, plan.Name, nameof(MachineState.Failed), told.Message);
            }

            cancellation.ThrowIfCancellationRequested();
            if (told.Code == Broken)
            {
                throw;
            }

            throw told;
        }
    }

    /// <summary>Stops the machine in the three tones, and takes its port and sockets away.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the wait for its end.</param>
    /// <param name="restarts">It is to run all the same, and is started again by the caller, or by the next daemon.</param>
    public async Task StopAsync(LabEntry entry, VirtualMachine machine, StopOptions options, CancellationToken cancellation, bool restarts = false)
    {
        string name = machine.Plan.Name;
        TimeSpan grace = options.GracePeriod ?? machine.Plan.Spec.GracePeriod;
        MachineWanted wanted = restarts ? MachineWanted.Running : MachineWanted.Stopped;
        Task? leaving = null;
        bool ends;
        using (await machine.ChangeAsync(cancellation))
        {
            await records.UpdateAsync(entry, known => known.With(name, (known.Machines.GetValueOrDefault(name) ?? new MachineRecord(wanted, "")) with { Wanted = wanted, IsRestarting = restarts }));
            FaultPoint.Reach("stop-asked");
            ends = machine.Status.IsUp;
            if (ends)
            {
                await Reports.CloseMasterAsync(machine.Plan, cancellation);
                machine.Post(new MachineMessage.StopRequested(grace));
                leaving = grace == TimeSpan.Zero && MachinePorts.MayLeaveEarly(machine.Plan) ? ports.DisconnectAsync(machine.Plan, CancellationToken.None) : null;
            }
            else if (machine.Status.State == MachineState.CrashLoopBackOff)
            {
                await machine.PostAsync(new MachineMessage.StopRequested(TimeSpan.Zero));
            }
        }

        // Not within the change: another stop may have less patience.
        if (ends)
        {
            try
            {
                await machine.WhenAsync(status => !status.IsUp, cancellation).WaitAsync(grace + StopSlack, parts.Clock, cancellation);
            }
            catch (TimeoutException)
            {
                throw new QemuLabException(ErrorKind.TimedOut, "stop-timeout", $"{name}: QEMU (pid {machine.Status.ProcessId}) did not end even when killed", "is it stuck in the kernel? Look at: ps -o pid,stat,wchan -p PID");
            }
        }
        FaultPoint.Reach("stop-ended");
        using (await machine.ChangeAsync(cancellation))
        {
            if (!machine.Status.IsUp)
            {
                await (leaving ?? ports.DisconnectAsync(machine.Plan, cancellation));
                RemoveSockets(machine.Plan.Directory);
            }
        }
    }

    /// <summary>Tells that a machine is not started, before anything was made for it; one that there was not before is forgotten. Nothing happens where somebody else has started it.</summary>
    public async Task NotStartedAsync(LabEntry entry, VirtualMachine machine, QemuLabException why)
    {
        using IDisposable change = await machine.ChangeAsync(CancellationToken.None);
        if (machine.Status.IsUp)
        {
            return;
        }

        records.EndRestart(entry, machine.Plan.Name);
        await machine.PostAsync(new MachineMessage.StartFailed(why.Message, why.Hint, why.Kind));
        if (!entry.Record.Machines.ContainsKey(machine.Plan.Name))
        {
            await ForgetAsync(entry, machine);
        }
    }

    /// <summary>Removes a machine that was just made, with its files; nothing happens the second time.</summary>
    public async Task ForgetAsync(LabEntry entry, VirtualMachine machine)
    {
        entry.Remove(machine);
        records.Forget(entry, machine.Plan.Name);
        await machine.DisposeAsync();
        RemoveSockets(machine.Plan.Directory);
        if (Directory.Exists(machine.Plan.Directory.Path))
        {
            Directory.Delete(machine.Plan.Directory.Path, recursive: true);
        }
    }

    public VirtualMachine Make(MachinePlan plan)
    {
        var machine = new VirtualMachine(plan, parts.Clock, Reports.WatchReadinessAsync, (before, now) => Reports.OnChange(plan, before, now), room.AwaitAsync);
        StageRuns.Recall(machine);
        return machine;
    }

    /// <summary>What a start has made of the record, taken back; what others have changed meanwhile stays.</summary>
    private static MachineRecord AsBefore(MachineRecord known, MachineRecord before) => known with
    {
        Wanted = before.Wanted,
        Fingerprint = before.Fingerprint,
        LeftoverOf = before.LeftoverOf,
        Suspension = before.Suspension,
        HasRun = before.HasRun,
        IsHeld = before.IsHeld,
        StartedWith = before.StartedWith,
    };

    /// <summary>It was asked to run: whether that is tried again is for its run strategy to say.</summary>
    private void StillWanted(LabEntry entry, string machine)
    {
        try
        {
            records.Change(entry, machine, known => known with { Wanted = MachineWanted.Running, IsRestarting = false });
        }
        catch (IOException unwritten)
        {
            events.Add(LabEventKind.Warning, entry.Name, machine, "record-not-written", $"it is not kept that {machine} is to run: {unwritten.Message}");
        }
    }

    private static QemuLabException Told(MachinePlan plan, Exception failure) => failure switch
    {
        QemuLabException { Code: "port-taken" } taken when taken.Message.Contains(PortProbe.NameOf(IPAddress.Loopback, plan.SshPort, TransportProtocol.Tcp), StringComparison.Ordinal) =>
            new QemuLabException(taken.Kind, taken.Code, taken.Message, "try again: another port for SSH is chosen then", taken),
        QemuLabException known => known,
        OperationCanceledException => new QemuLabException(ErrorKind.Failed, "cancelled", $"{plan.Name}: the launch was cancelled"),
        IOException or UnauthorizedAccessException => new QemuLabException(ErrorKind.Failed, "files-failed", $"{plan.Name}: its files could not be made: {failure.Message}", "is the disk full, or the folder not writable? run: qemulab doctor", failure),
        _ => new QemuLabException(ErrorKind.Failed, Broken, $"{plan.Name}: {failure.Message}", cause: failure),
    };

    private async Task EndAsync(VirtualMachine machine)
    {
        machine.Post(new MachineMessage.StopRequested(TimeSpan.Zero));
        await machine.WhenAsync(status => !status.IsUp, CancellationToken.None).WaitAsync(StopSlack, parts.Clock);
    }

    private static void RemoveSockets(MachineDirectory directory)
    {
        foreach (string socket in (string[])[directory.Qmp, directory.Monitor, directory.Console, directory.Agent, directory.PidFile, directory.SshMaster, directory.ReadyMark])
        {
            if (Directory.Exists(directory.RunPath))
            {
                File.Delete(socket);
            }
        }
    }
}
