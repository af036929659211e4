using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>Memories of machines on disk: how far each has come, and what follows from going on with one.</summary>
internal sealed class MachineMemory(EngineParts parts, LabRecords records, EventLog events)
{
    private readonly GuestClock clocks = new(parts.Paths, parts.Runner, parts.Clock);

    /// <summary>What is inside of the machines' disks.</summary>
    public MachineSnapshots Snapshots { get; } = new(new QemuImg(() => parts.Host.Facts, parts.Runner));

    /// <summary>It runs with its memory: what is on disk is of the past now, and its clock too.</summary>
    public async Task ResumedAsync(LabEntry entry, VirtualMachine machine, IRunningMachine running)
    {
        await running.SnapshotAsync(SnapshotAction.Delete, SnapshotName.SuspensionTag, QemuCommandLine.SnapshotNodes(machine.Plan), CancellationToken.None);
        Keep(entry, machine.Plan.Name, null);
        _ = SetClockWhenReadyAsync(machine);
    }

    /// <summary>Forgets the memory of a suspended machine: it is stopped then, as one whose power has failed.</summary>
    public async Task ForgetAsync(LabEntry entry, VirtualMachine machine)
    {
        await Snapshots.OfDisksAsync(SnapshotAction.Delete, machine.Plan, SnapshotName.SuspensionTag, CancellationToken.None);
        Keep(entry, machine.Plan.Name, null);
    }

    /// <summary>Keeps in the machine's record how far its suspension has come.</summary>
    public void Keep(LabEntry entry, string machine, SuspensionState? state)
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
            if (!await IsSetByAgentAsync(machine, cancellation))
            {
                await clocks.SetAsync(machine.Plan, cancellation);
            }
        }
        catch (QemuLabException late)
        {
            events.Add(LabEventKind.Warning, machine.Plan.Lab, machine.Plan.Name, late.Code, late.Message);
        }
    }

    /// <summary>Where an agent listens, it needs no login; one that cannot is no fault as long as SSH can.</summary>
    private async Task<bool> IsSetByAgentAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        if (machine is not { Status.AgentConnected: true, Running: { } running })
        {
            return false;
        }

        try
        {
            long now = parts.Clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
            await running.Agent.ExecuteAsync("guest-set-time", arguments => arguments.WriteNumber("time", now), cancellation: cancellation);
            return true;
        }
        catch (QemuLabException)
        {
            return false;
        }
    }

    private async Task SetClockWhenReadyAsync(VirtualMachine machine)
    {
        MachineStatus status = await machine.WhenAsync(MachineLaunches.IsSettled, CancellationToken.None);
        if (status.Phase == BootPhase.Ready)
        {
            await SetClockAsync(machine, CancellationToken.None);
        }
    }
}
