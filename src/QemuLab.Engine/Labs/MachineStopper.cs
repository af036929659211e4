using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Stops one machine of a lab, and takes its port and sockets away.</summary>
internal sealed class MachineStopper(LabRecords records, MachineReports reports, MachinePorts ports, TimeProvider clock)
{
    /// <summary>Beyond the three tones of a stop, which end with SIGKILL.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(20);

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
                await reports.CloseMasterAsync(machine.Plan, cancellation);
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
                await machine.WhenAsync(status => !status.IsUp, cancellation).WaitAsync(grace + Slack, clock, cancellation);
            }
            catch (TimeoutException)
            {
                throw new QemuLabException(ErrorKind.TimedOut, "stop-timeout", $"{name}: QEMU (pid {machine.Status.ProcessId}) did not end even when killed", $"is it stuck in the kernel? Look at: ps -o pid,stat,wchan -p {machine.Status.ProcessId}");
            }
        }

        FaultPoint.Reach("stop-ended");
        using (await machine.ChangeAsync(cancellation))
        {
            if (!machine.Status.IsUp)
            {
                await (leaving ?? ports.DisconnectAsync(machine.Plan, cancellation));
                MachineLauncher.RemoveSockets(machine.Plan.Directory);
            }
        }
    }
}
