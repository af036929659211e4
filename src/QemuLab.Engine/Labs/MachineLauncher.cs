using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Makes, starts and forgets the machines of labs with all that belongs to them: files, network ports, processes.</summary>
/// <param name="parts">What it works with.</param>
/// <param name="ssh">The labs' files for SSH.</param>
/// <param name="records">The labs' records.</param>
/// <param name="events">Told of what happens.</param>
/// <param name="snapshot">Takes a snapshot of a lab under a name, in the place of one of that name.</param>
internal sealed class MachineLauncher(EngineParts parts, SshFiles ssh, LabRecords records, EventLog events, Func<string, string, CancellationToken, Task> snapshot)
{
    private readonly HostRoom room = new(parts.Clock);

    /// <summary>Memories on disk, and what follows from going on with one.</summary>
    public MachineMemory Memory { get; } = new(parts, records, events);

    /// <summary>Tells of the machines, and watches them come up.</summary>
    public MachineReports Reports { get; } = new(parts, events) { Snapshot = snapshot };

    /// <summary>The machines' places on their networks.</summary>
    public MachinePorts Ports { get; } = new(parts.Network);

    /// <summary>Ends them.</summary>
    public MachineStopper Stopper => field ??= new MachineStopper(records, Reports, Ports, parts.Clock);

    /// <summary>Makes their files.</summary>
    public MachineProvisioner Provisioner { get; } = new(new QemuImg(() => parts.Host.Facts, parts.Runner), ssh);

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
        await new MachineStart(this, parts, records, events, entry, machine, plan) { BeforeItRuns = beforeItRuns, IsHeld = isHeld }.RunAsync(network, undo, cancellation);
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

    /// <summary>Removes what a machine that has ended leaves in the run folder.</summary>
    public static void RemoveSockets(MachineDirectory directory)
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
