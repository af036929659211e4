using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>Starts and stops one machine of a lab with all that belongs to it: files, network port, process.</summary>
internal sealed class MachineLauncher(EngineParts parts, SshFiles ssh, LabRecords records, EventLog events)
{
    /// <summary>Beyond the three tones of a stop, which end with SIGKILL.</summary>
    private static readonly TimeSpan StopSlack = TimeSpan.FromSeconds(20);

    /// <summary>QMP's run state of a QEMU that was started with -S and never told to go on.</summary>
    private const string NotYetRun = "prelaunch";

    /// <summary>QMP's run state of a QEMU that stands still because a disk could not be written.</summary>
    private const string DiskFailed = "io-error";

    /// <summary>Linux' last word when it was shut down and not cut off.</summary>
    private const string PoweredDown = "reboot: Power down";

    private const int LastLines = 3;

    private readonly MachineProvisioner provisioner = new(new QemuImg(() => parts.Host.Facts, parts.Runner), ssh);
    private readonly MachinePorts ports = new(parts.Network);
    private readonly HostRoom room = new(parts.Clock);

    /// <summary>Memories on disk, and what follows from going on with one.</summary>
    public MachineMemory Memory { get; } = new(parts, records, events);

    /// <summary>Told of each new status of any machine, with the old one first.</summary>
    public Action<MachineStatus, MachineStatus>? Listener { get; set; }

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
    public async Task StartAsync(
        LabEntry entry, VirtualMachine machine, MachinePlan plan, Task network, UndoStack undo, CancellationToken cancellation, Func<IRunningMachine, Task>? beforeItRuns = null, bool isHeld = false)
    {
        MachineRecord? before = entry.Record.Machines.GetValueOrDefault(plan.Name);
        string fingerprint = MachineFingerprint.Of(plan, entry.Plan.Host);
        bool resumes = before?.Suspension is not null && beforeItRuns is null;
        if (resumes && before!.Fingerprint != fingerprint)
        {
            throw new QemuLabException(
                ErrorKind.Conflict, "machine-changed", $"{plan.Name} is suspended, and is now another machine than then: its memory fits only the QEMU that it was taken of",
                $"launch the lab as its file was then; or boot it and forget its memory: qemulab start {plan.Name} --cold");
        }

        var own = new UndoStack();
        own.Push(() => before is null ? ForgetAsync(entry, machine) : Task.Run(() => records.Remember(entry, plan.Name, before)));
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
            };
            Task remembered = Task.Run(() => records.Remember(entry, plan.Name, record), CancellationToken.None);
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
            await (isHeld ? Task.CompletedTask : running.ContinueAsync(cancellation));
            FaultPoint.Reach("start-continued");
            if (resumes)
            {
                // What it was resumed from is gone with this: ending it now would lose it, so that it goes on whatever becomes of the others.
                await Memory.ResumedAsync(entry, machine, running);
                return;
            }

            undo.Push(own.UndoAsync);
        }
        catch (Exception failure)
        {
            await own.UndoAsync();
            QemuLabException told = Told(plan, failure);
            if (before is not null && !cancellation.IsCancellationRequested)
            {
                // It was asked to run: whether that is tried again is for its run strategy to say.
                records.Change(entry, plan.Name, known => known with { Wanted = MachineWanted.Running });
            }

            await machine.PostAsync(new MachineMessage.StartFailed(told.Message, told.Hint, told.Kind));
            if (before is null)
            {
                events.Add(LabEventKind.State, plan.Lab, plan.Name, nameof(MachineState.Failed), told.Message);
            }

            cancellation.ThrowIfCancellationRequested();
            throw told;
        }
    }

    /// <summary>Stops the machine in the three tones, and takes its port and sockets away.</summary>
    public async Task StopAsync(LabEntry entry, VirtualMachine machine, StopOptions options, CancellationToken cancellation)
    {
        string name = machine.Plan.Name;
        records.Remember(entry, name, (entry.Record.Machines.GetValueOrDefault(name) ?? new MachineRecord(MachineWanted.Stopped, "")) with { Wanted = MachineWanted.Stopped });
        FaultPoint.Reach("stop-asked");
        if (machine.Status.IsUp)
        {
            await CloseMasterAsync(machine.Plan, cancellation);
            TimeSpan grace = options.GracePeriod ?? machine.Plan.Spec.GracePeriod;
            machine.Post(new MachineMessage.StopRequested(grace));
            try
            {
                await machine.WhenAsync(status => !status.IsUp, cancellation).WaitAsync(grace + StopSlack, parts.Clock, cancellation);
            }
            catch (TimeoutException)
            {
                throw new QemuLabException(ErrorKind.TimedOut, "stop-timeout", $"{name}: QEMU (pid {machine.Status.ProcessId}) did not end even when killed", "is it stuck in the kernel? Look at: ps -o pid,stat,wchan -p PID");
            }
        }

        else if (machine.Status.State == MachineState.CrashLoopBackOff)
        {
            await machine.PostAsync(new MachineMessage.StopRequested(TimeSpan.Zero));
        }

        FaultPoint.Reach("stop-ended");
        await ports.DisconnectAsync(machine.Plan, cancellation);
        RemoveSockets(machine.Plan.Directory);
    }

    /// <summary>Takes up a machine that a former daemon left running; one that ran and is gone is told as that.</summary>
    /// <returns>QEMU where the former daemon ended before it let the CPUs run: that is still to be done.</returns>
    public async Task<IRunningMachine?> AdoptAsync(LabEntry entry, VirtualMachine machine, CancellationToken cancellation)
    {
        MachineRecord? record = entry.Record.Machines.GetValueOrDefault(machine.Plan.Name);
        try
        {
            if (await parts.Hypervisor.AdoptAsync(machine.Plan, cancellation) is { } running)
            {
                if (record is { Wanted: MachineWanted.Stopped, Suspension: null })
                {
                    // A stop that never came to it: it runs, and that counts.
                    records.Change(entry, machine.Plan.Name, known => known with { Wanted = MachineWanted.Running });
                }

                return await TakeUpAsync(machine, running, record?.IsHeld == true, cancellation);
            }

            if (record is { Wanted: MachineWanted.Running, Suspension: null })
            {
                await machine.PostAsync(new MachineMessage.FoundGone(SerialTail.Read(machine.Plan.Directory.SerialLog, LastLines).Any(line => line.Contains(PoweredDown, StringComparison.Ordinal))));
            }

            return null;
        }
        catch (QemuLabException silent)
        {
            await machine.PostAsync(new MachineMessage.Unreachable(silent.Message));
            return null;
        }
    }

    /// <param name="waits">Its CPUs are meant not to run yet.</param>
    private async Task<IRunningMachine?> TakeUpAsync(VirtualMachine machine, IRunningMachine running, bool waits, CancellationToken cancellation)
    {
        try
        {
            (bool cpusRun, string status) = await running.QueryStatusAsync(cancellation);
            bool isHeld = status == NotYetRun && waits;
            await machine.AttachAsync(running, isHeld
                ? new MachineMessage.Launched(running.ProcessId, running.StartedAt, CpusRun: false)
                : new MachineMessage.Adopted(running.ProcessId, running.StartedAt, cpusRun, ReadyMark.Read(machine.Plan.Directory, running.ProcessId)));
            if (status == DiskFailed)
            {
                await machine.PostAsync(new MachineMessage.HaltedByDisk(new IoFault("a write failed while no daemon was there", IsForRoom: !HostRoom.IsThere(machine.Plan))));
            }

            await TellCorruptedAsync(machine, running, cancellation);
            if (await running.IsAgentConnectedAsync(cancellation))
            {
                await machine.PostAsync(new MachineMessage.FoundAgent());
            }

            return status == NotYetRun && !isHeld ? running : null;
        }
        catch (QemuLabException silent)
        {
            await machine.AttachAsync(running, new MachineMessage.Unreachable(silent.Message, running.ProcessId, running.StartedAt));
            _ = TakeUpLaterAsync(machine, running.Answer, waits);
            return null;
        }
    }

    /// <summary>A QEMU that hung may go on at any time, and is taken up then as it would have been before.</summary>
    private async Task TakeUpLaterAsync(VirtualMachine machine, Task<IRunningMachine>? answer, bool waits)
    {
        try
        {
            if (answer is not null && await TakeUpAsync(machine, await answer, waits, CancellationToken.None) is { } halted)
            {
                await halted.ContinueAsync();
            }
        }
        catch (Exception never) when (never is QemuLabException or OperationCanceledException)
        {
            // It has gone, which its own message tells, or the daemon goes.
        }
    }

    /// <summary>Tells that a machine is not started, before anything was made for it; one that there was not before is forgotten.</summary>
    public async Task NotStartedAsync(LabEntry entry, VirtualMachine machine, QemuLabException why)
    {
        await machine.PostAsync(new MachineMessage.StartFailed(why.Message, why.Hint, why.Kind));
        if (!entry.Record.Machines.ContainsKey(machine.Plan.Name))
        {
            await ForgetAsync(entry, machine);
        }
    }

    /// <summary>A disk's corruption is an event of its moment; whoever comes later asks.</summary>
    private static async Task TellCorruptedAsync(VirtualMachine machine, IRunningMachine running, CancellationToken cancellation)
    {
        foreach (string node in await running.CorruptedNodesAsync(cancellation))
        {
            if (QemuCommandLine.FindDisk(machine.Plan, node) is { } disk)
            {
                await machine.PostAsync(new MachineMessage.FoundCorrupted(disk.Name, disk.Path));
            }
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

    public VirtualMachine Make(MachinePlan plan) => new(plan, parts.Clock, WatchReadinessAsync, (before, now) => OnChange(plan, before, now), room.AwaitAsync);

    private static QemuLabException Told(MachinePlan plan, Exception failure) => failure switch
    {
        QemuLabException known => known,
        OperationCanceledException => new QemuLabException(ErrorKind.Failed, "cancelled", $"{plan.Name}: the launch was cancelled"),
        IOException or UnauthorizedAccessException => new QemuLabException(ErrorKind.Failed, "files-failed", $"{plan.Name}: its files could not be made: {failure.Message}", "is the disk full, or the folder not writable? run: qemulab doctor", failure),
        _ => throw failure,
    };

    private async Task WatchReadinessAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            await parts.AwaitReady(machine.Plan, new PhaseReports(machine, cancellation), cancellation);
            machine.Post(new MachineMessage.PhaseReached(BootPhase.Ready, null));
        }
        catch (OperationCanceledException)
        {
            // The machine went, or the daemon goes.
        }
        catch (QemuLabException never) when (!cancellation.IsCancellationRequested)
        {
            machine.Post(new MachineMessage.NotReady(never.Message, never.Hint, never.Kind));
        }
    }

    private void OnChange(MachinePlan plan, MachineStatus before, MachineStatus now)
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

    private async Task EndAsync(VirtualMachine machine)
    {
        machine.Post(new MachineMessage.StopRequested(TimeSpan.Zero));
        await machine.WhenAsync(status => !status.IsUp, CancellationToken.None).WaitAsync(StopSlack, parts.Clock);
    }

    /// <summary>Ends the shared SSH connection, if there is one: it would hold its own end of a machine that goes.</summary>
    public Task CloseMasterAsync(MachinePlan plan, CancellationToken cancellation) =>
        File.Exists(plan.Directory.SshMaster)
            ? parts.Runner.RunAsync(SshCommand.CloseMaster(parts.Paths.SshConfig(plan.Lab), plan.Name), cancellation)
            : Task.CompletedTask;

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

    /// <summary>Carries the watcher's reports into the mailbox, until the watch is ended.</summary>
    private sealed class PhaseReports(VirtualMachine machine, CancellationToken cancellation) : IProgress<ReadinessUpdate>
    {
        public void Report(ReadinessUpdate value)
        {
            if (!cancellation.IsCancellationRequested)
            {
                machine.Post(new MachineMessage.PhaseReached(value.Phase, value.Detail));
            }
        }
    }
}
