using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Puts machines to sleep on disk, all at one instant: their memory goes into their disks, and QEMU ends. Whoever starts one of them
/// later goes on with it. A start may be tried as often as one likes: the memory holds the disks' state of its moment too.
/// </summary>
internal sealed class LabSuspensions(MachineLauncher launcher, EventLog events)
{
    /// <exception cref="QemuLabException">One could not be saved; all go on then.</exception>
    public async Task SuspendAsync(LabEntry entry, IReadOnlyList<VirtualMachine> machines, CancellationToken cancellation)
    {
        await Task.WhenAll(machines.Select(machine => launcher.Memory.DiscardOldAsync(entry, machine)));
        launcher.Memory.Keep(entry, machines, SuspensionState.Saving);
        VirtualMachine[] halted = [.. machines.Where(machine => machine.Status.State == MachineState.Running)];
        try
        {
            await Task.WhenAll(machines.Select(machine => launcher.Reports.CloseMasterAsync(machine.Plan, cancellation)));
            FaultPoint.Reach("suspend-begun");
            await Task.WhenAll(halted.Select(machine => machine.Running?.HaltAsync(cancellation) ?? Task.CompletedTask));
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(machines.Select(SaveAsync));
            FaultPoint.Reach("suspend-saved");
            launcher.Memory.Keep(entry, machines, SuspensionState.Saved);
        }
        catch
        {
            // First of all they go on: what took the room may keep their memories from being removed too.
            await Task.WhenAll(halted.Select(machine => GoOnAsync(entry, machine)));
            await Task.WhenAll(machines.Select(machine => launcher.Memory.DiscardAsync(entry, machine)));
            throw;
        }

        FaultPoint.Reach("suspend-written");
        await Task.WhenAll(machines.Select(machine => EndAsync(entry, machine)));
    }

    /// <summary>Finishes or takes back what a daemon that died has left half done.</summary>
    /// <param name="entry">The lab.</param>
    /// <param name="machines">Its machines, adopted.</param>
    /// <param name="halted">For each the QEMU that has never run, or null.</param>
    /// <returns>Those of them that are to be let go.</returns>
    public async Task<IRunningMachine?[]> RecoverAsync(LabEntry entry, IReadOnlyList<VirtualMachine> machines, IReadOnlyList<IRunningMachine?> halted)
    {
        IRunningMachine?[] left = [.. halted];
        for (int i = 0; i < machines.Count; i++)
        {
            try
            {
                left[i] = await RecoverAsync(entry, machines[i], halted[i]);
            }
            catch (Exception stuck) when (stuck is QemuLabException or IOException or UnauthorizedAccessException)
            {
                events.Add(LabEventKind.Warning, entry.Name, machines[i].Plan.Name, "suspension-stuck", $"{machines[i].Plan.Name} is left between running and suspended: {stuck.Message}");
            }
        }

        return left;
    }

    private async Task<IRunningMachine?> RecoverAsync(LabEntry entry, VirtualMachine machine, IRunningMachine? halted)
    {
        // A disk fails only under a guest that runs.
        bool runs = machine.Status is { State: MachineState.Running } or { State: MachineState.Paused, Fault: not null };
        switch (entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Suspension)
        {
            case SuspensionState.Saving:
                await GoOnAsync(entry, machine);
                await launcher.Memory.DiscardAsync(entry, machine);
                return halted;
            case SuspensionState.Resuming when runs:
                await launcher.Memory.ResumedAsync(entry, machine);
                return halted;
            case SuspensionState.Saved or SuspensionState.Resuming:
                launcher.Memory.Keep(entry, [machine], SuspensionState.Saved);
                await EndAsync(entry, machine);
                return null;
            default:
                await launcher.Memory.DiscardOldAsync(entry, machine);
                return halted;
        }
    }

    /// <summary>One that has ended meanwhile has no memory: its disks alone are no suspended machine.</summary>
    private async Task SaveAsync(VirtualMachine machine)
    {
        if (machine.Running is null)
        {
            throw new QemuLabException(ErrorKind.Failed, "machine-ended", $"{machine.Plan.Name} has ended while it was suspended", $"see why: qemulab logs {machine.Plan.Name}");
        }

        await launcher.Memory.Snapshots.DoAsync(SnapshotAction.Save, machine, SnapshotName.SuspensionTag, CancellationToken.None);
    }

    /// <summary>The memory is whole: QEMU is of no more use, and what it has not told is nothing.</summary>
    private async Task EndAsync(LabEntry entry, VirtualMachine machine)
    {
        machine.IsBeingSuspended = true;
        try
        {
            await launcher.Stopper.StopAsync(entry, machine, new StopOptions(TimeSpan.Zero), CancellationToken.None);
        }
        catch
        {
            // However it ends now, it is not for its sleep.
            machine.IsBeingSuspended = false;
            throw;
        }

        await machine.PostAsync(new MachineMessage.Suspended());
    }

    /// <summary>One that does not go on holds none of the others up.</summary>
    private async Task GoOnAsync(LabEntry entry, VirtualMachine machine)
    {
        try
        {
            await (machine.Running?.ContinueAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (QemuLabException stuck)
        {
            events.Add(LabEventKind.Warning, entry.Name, machine.Plan.Name, "suspension-stuck", $"{machine.Plan.Name} stood still to be suspended, and does not go on: {stuck.Message}");
        }
    }
}
