using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>Takes up what a former daemon has left: machines that run, that stand still, that hang, that have gone.</summary>
internal sealed class MachineAdoption(IHypervisor hypervisor, LabRecords records, EventLog events)
{
    /// <summary>QMP's run state of a QEMU that was started with -S and never told to go on.</summary>
    private const string NotYetRun = "prelaunch";

    /// <summary>QMP's run state of a QEMU that stands still because a disk could not be written.</summary>
    private const string DiskFailed = "io-error";

    /// <summary>Linux' last word when it was shut down and not cut off.</summary>
    private const string PoweredDown = "reboot: Power down";

    private const int LastLines = 3;

    /// <summary>Takes up a machine that a former daemon left running; one that ran and is gone is told as that.</summary>
    /// <returns>QEMU where the former daemon ended before it let the CPUs run: that is still to be done.</returns>
    public async Task<IRunningMachine?> AdoptAsync(LabEntry entry, VirtualMachine machine, CancellationToken cancellation)
    {
        MachineRecord? record = entry.Record.Machines.GetValueOrDefault(machine.Plan.Name);
        try
        {
            if (await hypervisor.AdoptAsync(machine.Plan, cancellation) is { } running)
            {
                if (record is { Suspension: null } and ({ Wanted: MachineWanted.Stopped } or { IsRestarting: true }))
                {
                    KeepWanted(entry, machine.Plan.Name);
                }

                return await TakeUpAsync(machine, running, record?.IsHeld == true, cancellation);
            }

            if (record is { Wanted: MachineWanted.Running, Suspension: null })
            {
                await machine.PostAsync(record.IsRestarting
                    ? new MachineMessage.FoundInRestart()
                    : new MachineMessage.FoundGone(SerialTail.Read(machine.Plan.Directory.SerialLog, LastLines).Any(line => line.Contains(PoweredDown, StringComparison.Ordinal))));
            }

            return null;
        }
        catch (Exception unseen) when (unseen is QemuLabException or IOException or UnauthorizedAccessException)
        {
            // There is no QEMU in our hands that could be ended, and none that would tell of its end.
            await machine.PostAsync(new MachineMessage.StartFailed($"it could not be looked for: {unseen.Message}", (unseen as QemuLabException)?.Hint));
            events.Add(LabEventKind.Warning, entry.Name, machine.Plan.Name, "not-adopted", $"{machine.Plan.Name} could not be looked for: {unseen.Message}");
            return null;
        }
    }

    /// <summary>A stop or a restart that never came to it: it runs, and that counts. On a full disk it runs too.</summary>
    private void KeepWanted(LabEntry entry, string machine)
    {
        try
        {
            records.Change(entry, machine, known => known with { Wanted = MachineWanted.Running, IsRestarting = false });
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            events.Add(LabEventKind.Warning, entry.Name, machine, "record-not-written", $"it is not kept that {machine} runs: {unwritten.Message}");
        }
    }

    /// <param name="waits">Its CPUs are meant not to run yet.</param>
    private static async Task<IRunningMachine?> TakeUpAsync(VirtualMachine machine, IRunningMachine running, bool waits, CancellationToken cancellation)
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
    private static async Task TakeUpLaterAsync(VirtualMachine machine, Task<IRunningMachine>? answer, bool waits)
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
}
