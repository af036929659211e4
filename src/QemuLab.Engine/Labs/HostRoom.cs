using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Room on the host's disk for machines that have run out of it.</summary>
internal sealed class HostRoom(TimeProvider clock)
{
    /// <summary>So much must be free before a machine goes on, or it would stop again at once.</summary>
    private static readonly ByteSize Least = ByteSize.FromMiB(32);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Free room has no event of its own to wait for.</summary>
    public async Task AwaitAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        while (!IsThere(machine.Plan) && machine.Status.State == MachineState.Paused)
        {
            await Task.Delay(Interval, clock, cancellation);
        }
    }

    /// <summary>Waits for room where a machine's disks are.</summary>
    public async Task AwaitAsync(MachinePlan plan, CancellationToken cancellation)
    {
        while (!IsThere(plan))
        {
            await Task.Delay(Interval, clock, cancellation);
        }
    }

    /// <summary>Whether there is so much that a machine can go on.</summary>
    public static bool IsThere(MachinePlan plan) => new DriveInfo(plan.Directory.Path).AvailableFreeSpace >= Least.Bytes;
}
