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
        foreach (VirtualMachine machine in machines)
        {
            launcher.Memory.Keep(entry, machine.Plan.Name, SuspensionState.Saving);
        }

        IRunningMachine[] halted = [.. machines.Where(machine => machine.Status.State == MachineState.Running).Select(machine => machine.Running).OfType<IRunningMachine>()];
        try
        {
            await Task.WhenAll(machines.Select(machine => launcher.Reports.CloseMasterAsync(machine.Plan, cancellation)));
            FaultPoint.Reach("suspend-begun");
            await Task.WhenAll(halted.Select(machine => machine.HaltAsync(cancellation)));
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(machines.Select(machine => launcher.Memory.Snapshots.DoAsync(SnapshotAction.Save, machine, SnapshotName.SuspensionTag, CancellationToken.None)));
            FaultPoint.Reach("suspend-saved");
        }
        catch
        {
            await Task.WhenAll(machines.Select(machine => TakeBackAsync(entry, machine)));
            await Task.WhenAll(halted.Select(machine => machine.ContinueAsync(CancellationToken.None)));
            throw;
        }

        foreach (VirtualMachine machine in machines)
        {
            launcher.Memory.Keep(entry, machine.Plan.Name, SuspensionState.Saved);
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
            catch (QemuLabException stuck)
            {
                events.Add(LabEventKind.Warning, entry.Name, machines[i].Plan.Name, "suspension-stuck", $"{machines[i].Plan.Name} is left between running and suspended: {stuck.Message}");
            }
        }

        return left;
    }

    private async Task<IRunningMachine?> RecoverAsync(LabEntry entry, VirtualMachine machine, IRunningMachine? halted)
    {
        bool runs = machine.Status.State == MachineState.Running;
        switch (entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.Suspension)
        {
            case SuspensionState.Saving:
                await TakeBackAsync(entry, machine);
                await (machine.Running?.ContinueAsync(CancellationToken.None) ?? Task.CompletedTask);
                return halted;
            case SuspensionState.Resuming when runs:
                await launcher.Memory.ResumedAsync(entry, machine);
                return halted;
            case SuspensionState.Saved or SuspensionState.Resuming:
                launcher.Memory.Keep(entry, machine.Plan.Name, SuspensionState.Saved);
                await EndAsync(entry, machine);
                return null;
            default:
                await launcher.Memory.DiscardOldAsync(entry, machine);
                return halted;
        }
    }

    /// <summary>The memory is whole: QEMU is of no more use, and what it has not told is nothing.</summary>
    private async Task EndAsync(LabEntry entry, VirtualMachine machine)
    {
        await launcher.StopAsync(entry, machine, new StopOptions(TimeSpan.Zero), CancellationToken.None);
        await machine.PostAsync(new MachineMessage.Suspended());
    }

    private async Task TakeBackAsync(LabEntry entry, VirtualMachine machine)
    {
        await launcher.Memory.Snapshots.DoAsync(SnapshotAction.Delete, machine, SnapshotName.SuspensionTag, CancellationToken.None);
        launcher.Memory.Keep(entry, machine.Plan.Name, null);
    }
}
