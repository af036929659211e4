using System.Net;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
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

    private readonly MachineProvisioner provisioner = new(new QemuImg(() => parts.Host.Facts, parts.Runner), ssh);
    private readonly GuestClock clocks = new(parts.Paths, parts.Runner, parts.Clock);

    /// <summary>What is inside of the machines' disks.</summary>
    public MachineSnapshots Snapshots { get; } = new(new QemuImg(() => parts.Host.Facts, parts.Runner));

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
    public async Task StartAsync(
        LabEntry entry, VirtualMachine machine, MachinePlan plan, Task network, UndoStack undo, CancellationToken cancellation, Func<IRunningMachine, Task>? beforeItRuns = null)
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
            own.Push(() => DisconnectAsync(plan, CancellationToken.None));
            machine.Post(new MachineMessage.Launching());
            records.Remember(entry, plan.Name, new MachineRecord(MachineWanted.Running, fingerprint, Suspension: resumes ? SuspensionState.Resuming : null));
            FaultPoint.Reach("start-begun");

            Task connected = ConnectAsync(plan, network, cancellation);
            own.Push(() => connected.ContinueWith(_ => { }, TaskScheduler.Default));
            if (plan.Nics.Any(nic => parts.Network.ConnectsBeforeStart(nic.Network)))
            {
                await connected;
            }

            IRunningMachine running = await parts.Hypervisor.LaunchAsync(plan, cancellation);
            own.Push(() => EndAsync(machine));
            await machine.AttachAsync(running, new MachineMessage.Launched(running.ProcessId, running.StartedAt));
            await connected;
            await EnsurePluggedAsync(plan, cancellation);
            FaultPoint.Reach("start-launched");
            if (resumes)
            {
                await running.SnapshotAsync(SnapshotAction.Load, SnapshotName.SuspensionTag, QemuCommandLine.SnapshotNodes(plan), cancellation);
                FaultPoint.Reach("resume-loaded");
            }

            await (beforeItRuns?.Invoke(running) ?? Task.CompletedTask);
            await running.ContinueAsync(cancellation);
            FaultPoint.Reach("start-continued");
            if (resumes)
            {
                await ResumedAsync(entry, machine, running);
            }

            undo.Push(own.UndoAsync);
        }
        catch (Exception failure)
        {
            await own.UndoAsync();
            QemuLabException told = Told(plan, failure);
            await machine.PostAsync(new MachineMessage.StartFailed(told.Message, told.Hint, told.Kind));
            if (before is null)
            {
                events.Add(LabEventKind.State, plan.Lab, plan.Name, nameof(MachineState.Failed), told.Message);
            }

            cancellation.ThrowIfCancellationRequested();
            throw told;
        }
    }

    /// <summary>It runs with its memory: what is on disk is of the past now, and its clock too.</summary>
    public async Task ResumedAsync(LabEntry entry, VirtualMachine machine, IRunningMachine running)
    {
        await running.SnapshotAsync(SnapshotAction.Delete, SnapshotName.SuspensionTag, QemuCommandLine.SnapshotNodes(machine.Plan), CancellationToken.None);
        Suspend(entry, machine.Plan.Name, null);
        _ = SetClockWhenReadyAsync(machine);
    }

    /// <summary>Forgets the memory of a suspended machine: it is stopped then, as one whose power has failed.</summary>
    public async Task ForgetMemoryAsync(LabEntry entry, VirtualMachine machine)
    {
        await Snapshots.OfDisksAsync(SnapshotAction.Delete, machine.Plan, SnapshotName.SuspensionTag, CancellationToken.None);
        Suspend(entry, machine.Plan.Name, null);
    }

    /// <summary>Keeps in the machine's record how far its suspension has come.</summary>
    public void Suspend(LabEntry entry, string machine, SuspensionState? state)
    {
        if (entry.Record.Machines.TryGetValue(machine, out MachineRecord? record))
        {
            records.Remember(entry, machine, record with { Suspension = state, Wanted = state == SuspensionState.Saved ? MachineWanted.Stopped : record.Wanted });
        }
    }

    /// <summary>Sets the clock of a guest for which no time has passed; a guest that does not take it is an event.</summary>
    public async Task SetClockAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            await clocks.SetAsync(machine.Plan, cancellation);
        }
        catch (QemuLabException late)
        {
            events.Add(LabEventKind.Warning, machine.Plan.Lab, machine.Plan.Name, late.Code, late.Message);
        }
    }

    /// <summary>Stops the machine in the three tones, and takes its port and sockets away.</summary>
    public async Task StopAsync(LabEntry entry, VirtualMachine machine, StopOptions options, CancellationToken cancellation)
    {
        string name = machine.Plan.Name;
        records.Remember(entry, name, (entry.Record.Machines.GetValueOrDefault(name) ?? new MachineRecord(MachineWanted.Stopped, "")) with { Wanted = MachineWanted.Stopped });
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

        await DisconnectAsync(machine.Plan, cancellation);
        RemoveSockets(machine.Plan.Directory);
    }

    /// <summary>Takes up a machine that a former daemon left running; nothing happens where it does not run.</summary>
    /// <returns>QEMU where the former daemon ended before it let the CPUs run: that is still to be done.</returns>
    public async Task<IRunningMachine?> AdoptAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            if (await parts.Hypervisor.AdoptAsync(machine.Plan, cancellation) is { } running)
            {
                (bool cpusRun, string status) = await running.QueryStatusAsync(cancellation);
                await machine.AttachAsync(running, new MachineMessage.Adopted(running.ProcessId, running.StartedAt, cpusRun));
                return status == NotYetRun ? running : null;
            }
        }
        catch (QemuLabException silent)
        {
            await machine.PostAsync(new MachineMessage.Unreachable(silent.Message));
        }

        return null;
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

    public VirtualMachine Make(MachinePlan plan) => new(plan, parts.Clock, WatchReadinessAsync, OnChange);

    /// <summary>Gives the machine its place on each of its networks; nothing changes where it has it.</summary>
    public async Task ConnectAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics)
        {
            await parts.Network.ConnectAsync(nic.Network, Connection(plan, nic), cancellation);
        }
    }

    /// <summary>Whether QEMU, which does not tell, is on the taps that were made for it.</summary>
    /// <exception cref="QemuLabException">It is not (code <c>tap-lost</c>).</exception>
    public async Task EnsurePluggedAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics.Where(nic => nic.Tap is not null))
        {
            if ((await parts.Network.FindUnpluggedAsync(nic.Network, [plan.Name], cancellation)).Count > 0)
            {
                throw new QemuLabException(ErrorKind.Failed, "tap-lost", $"{plan.Name} has lost its tap {nic.Tap}: its QEMU is not on {nic.Network.Bridge}, and the NIC is dead", $"somebody removed it; run: qemulab restart {plan.Name}");
            }
        }
    }

    /// <summary>What the machine needs of one of its networks; what the host forwards to it goes by the first.</summary>
    public static MachineConnection Connection(MachinePlan plan, NicPlan nic)
    {
        PortForward[] ssh = nic.Network.HostIsOnIt ? [] : [new PortForward(IPAddress.Loopback, plan.SshPort, 22, TransportProtocol.Tcp)];
        return new MachineConnection(plan.Name, nic.Address, nic.Network.IsMain ? [.. ssh, .. plan.Spec.Ports] : [])
        {
            Mac = nic.Mac,
            SharedAddresses = nic.Network.IsMain && plan.VirtualIp is { Role: VirtualIpRole.Gateway } shared ? [shared.Ip.Address] : [],
            HiddenAddresses = nic.Network.IsMain && plan.VirtualIp is { Role: VirtualIpRole.Backend } hidden ? [hidden.Ip.Address] : [],
            RoutedNetworks = [.. nic.Network.Routes.Where(route => route.Via.Equals(nic.Address)).Select(route => route.To)],
        };
    }

    private async Task ConnectAsync(MachinePlan plan, Task network, CancellationToken cancellation)
    {
        await network;
        await ConnectAsync(plan, cancellation);
    }

    private async Task DisconnectAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics)
        {
            await parts.Network.DisconnectAsync(nic.Network, Connection(plan, nic), cancellation);
        }
    }

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

    private void OnChange(MachineStatus before, MachineStatus now)
    {
        if (before.State != now.State)
        {
            events.Add(LabEventKind.State, now.Lab, now.Name, now.State.ToString(), now.Reason);
        }

        if (now.Phase != BootPhase.None && (before.Phase != now.Phase || before.Reason != now.Reason))
        {
            events.Add(LabEventKind.Phase, now.Lab, now.Name, now.Phase.ToString(), now.Reason);
        }
    }

    private async Task SetClockWhenReadyAsync(VirtualMachine machine)
    {
        MachineStatus status = await machine.WhenAsync(LabReconciler.IsSettled, CancellationToken.None);
        if (status.Phase == BootPhase.Ready)
        {
            await SetClockAsync(machine, CancellationToken.None);
        }
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
        foreach (string socket in (string[])[directory.Qmp, directory.Monitor, directory.Console, directory.PidFile, directory.SshMaster])
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
