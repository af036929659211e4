using System.Collections.Concurrent;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Memories of machines on disk: how far each has come, and what follows from going on with one.</summary>
internal sealed class MachineMemory(EngineParts parts, LabRecords records, EventLog events)
{
    private readonly GuestClock clocks = new(parts.Paths, parts.Runner, parts.Clock);

    /// <summary>Machines that must not go on with the memory on disk any more, while their records do not say so yet.</summary>
    private readonly ConcurrentDictionary<VirtualMachine, bool> outrun = new();

    /// <summary>What is inside of the machines' disks.</summary>
    public MachineSnapshots Snapshots { get; } = new(new QemuImg(() => parts.Host.Facts, parts.Runner), events);

    /// <summary>Whether a start goes on with the machine's memory.</summary>
    public bool IsToBeLoaded(LabEntry entry, VirtualMachine machine) =>
        entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Suspension is SuspensionState.Saved or SuspensionState.Resuming && !outrun.ContainsKey(machine);

    /// <summary>It runs with its memory: what is on disk is of the past now, and its clock too. It goes on whatever becomes of these.</summary>
    public Task ResumedAsync(LabEntry entry, VirtualMachine machine)
    {
        _ = SetClockAsync(machine, CancellationToken.None);
        return DiscardAsync(entry, machine);
    }

    /// <summary>
    /// Takes away a memory that the machine must not go on with any more: a suspended one is stopped then, as one whose power has
    /// failed. What cannot be removed, such as on a full disk, is an event, and is removed later.
    /// </summary>
    public async Task DiscardAsync(LabEntry entry, VirtualMachine machine)
    {
        string name = machine.Plan.Name;
        outrun[machine] = true;
        try
        {
            // On record first: with half of it removed it could not be loaded, and with none of it removed it must not be.
            records.Change(entry, name, record => record with { Suspension = null, HasOldMemory = true });
            outrun.TryRemove(machine, out _);
            await machine.PostAsync(new MachineMessage.MemoryGone());
            await Snapshots.DoAsync(SnapshotAction.Delete, machine, SnapshotName.SuspensionTag, CancellationToken.None);
            records.Change(entry, name, record => record with { HasOldMemory = false });
        }
        catch (Exception stuck) when (stuck is QemuLabException or IOException or UnauthorizedAccessException)
        {
            events.Add(LabEventKind.Warning, entry.Name, name, "memory-left", $"the memory that {name} was suspended with is of no more use, and is removed at its next start: {stuck.Message}");
        }
    }

    /// <summary>Takes away what could not be before.</summary>
    public Task DiscardOldAsync(LabEntry entry, VirtualMachine machine) =>
        outrun.ContainsKey(machine) || entry.Record.Machines.GetValueOrDefault(machine.Plan.Name) is { HasOldMemory: true } or { Suspension: SuspensionState.Saving }
            ? DiscardAsync(entry, machine)
            : Task.CompletedTask;

    /// <summary>Keeps in the machines' records, of all or of none, how far their suspension has come.</summary>
    public void Keep(LabEntry entry, IReadOnlyList<VirtualMachine> machines, SuspensionState state)
    {
        records.Update(entry, known => machines.Aggregate(known, (record, machine) => record.Machines.TryGetValue(machine.Plan.Name, out MachineRecord? kept)
            ? record.With(machine.Plan.Name, kept with
            {
                Suspension = state,
                HasOldMemory = false,
                Wanted = state == SuspensionState.Saved ? MachineWanted.Stopped : kept.Wanted,
                WasReady = state == SuspensionState.Saving ? machine.Status.Phase == BootPhase.Ready : kept.WasReady,
            })
            : record));
        foreach (VirtualMachine machine in machines)
        {
            outrun.TryRemove(machine, out _);
        }
    }

    /// <summary>Sets the clock of a guest for which no time has passed; a guest that does not take it is an event. One that stands still or goes meanwhile is let be.</summary>
    public async Task SetClockAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task stopped = machine.WhenAsync(status => status.State != MachineState.Running, ended.Token);
        Task set = SetAsync(machine, ended.Token);
        await Task.WhenAny(set, stopped);
        await ended.CancelAsync();
        await Task.WhenAll(set, stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        await (set.IsCanceled ? Task.CompletedTask : set);
    }

    /// <summary>By its agent as soon as one listens, or a login works; what that does not do is done by SSH.</summary>
    private async Task SetAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            await machine.WhenAsync(status => status.AgentConnected || MachineLaunches.IsSettled(status), cancellation);
            if (!await IsSetByAgentAsync(machine, cancellation) && (await machine.WhenAsync(MachineLaunches.IsSettled, cancellation)).Phase == BootPhase.Ready && machine.Plan.Spec.Ready == ReadyBy.Login)
            {
                await clocks.SetAsync(machine.Plan, cancellation);
            }
        }
        catch (QemuLabException late)
        {
            events.Add(LabEventKind.Warning, machine.Plan.Lab, machine.Plan.Name, late.Code, late.Message);
        }
    }

    /// <summary>It needs no login; one that cannot is no fault as long as SSH can.</summary>
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
}
