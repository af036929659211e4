using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Machines that are about to be started.</summary>
/// <param name="Machines">In the lab file's order.</param>
/// <param name="Promised">Memory of the host that is free, and that machines that run may still come to take.</param>
internal sealed record Starting(IReadOnlyList<MachinePlan> Machines, ByteSize Promised)
{
    /// <summary>Nothing is started: what cannot be of the plan itself is still found.</summary>
    public static Starting None { get; } = new([], new ByteSize(0)) { New = 0 };

    /// <summary>Those that are still to be made; null: all of them.</summary>
    public int? New { get; init; }

    /// <summary>They go on with their memory, and do not boot.</summary>
    public bool Resume { get; init; }
}

/// <summary>Whether a host has what machines take that are to be started, and what of it would fit. Pure.</summary>
internal static class Capacity
{
    /// <summary>Below this a launch would fill the disk before the guests are up; and what each further machine has written by then.</summary>
    private static readonly ByteSize LeastDisk = ByteSize.FromMiB(256), DiskEach = ByteSize.FromMiB(16);

    /// <summary>The daemon's connections to a machine, and the pipes of the programs that make it.</summary>
    private const int FilesEach = 12;

    public static IEnumerable<PlanFault> Faults(LabPlan plan, Starting starting) => starting.Machines.Count == 0
        ? []
        : [.. MemoryCapacity.Faults(plan, starting), .. Disk(plan.Host, starting), .. plan.Host.Limits is { } limits ? Limits(limits, starting) : []];

    /// <summary>What a person should know who has asked for more memory than there is; null where nobody has.</summary>
    public static string? Overcommitted(LabPlan plan, Starting starting) => MemoryCapacity.Overcommitted(plan, starting);

    private static IEnumerable<PlanFault> Disk(HostFacts host, Starting starting)
    {
        int made = starting.New ?? starting.Machines.Count;
        var least = new ByteSize(LeastDisk.Bytes + (DiskEach.Bytes * Math.Max(0, made - 1)));
        if (host.DiskFree < least && !starting.Resume)
        {
            yield return new("disk-full", $"only {host.DiskFree} are free where QemuLab keeps its files, {least} is the least that {Count(starting.Machines.Count, "machine")} can begin with", "free some space, or set QEMULAB_HOME to a folder on another disk");
        }
    }

    private static IEnumerable<PlanFault> Limits(ProcessLimits limits, Starting starting)
    {
        int files = FilesEach * starting.Machines.Count;
        if (limits.OpenNow + files > limits.OpenFiles)
        {
            yield return new(
                "open-files-limited",
                $"{Count(starting.Machines.Count, "machine")} take {files} open files of the daemon, which may have {limits.OpenFiles} and has {limits.OpenNow}: {Fitting(Math.Max(0, limits.OpenFiles - limits.OpenNow) / FilesEach)}",
                "raise it where the daemon is started from (ulimit -n 65536, LimitNOFILE= of its unit), then: qemulab daemon stop");
        }

        foreach (MachinePlan machine in starting.Machines.Where(machine => MachineFootprint.OpenFiles(machine) > limits.OpenFiles))
        {
            yield return new(
                "open-files-limited",
                $"{machine.Name} takes {MachineFootprint.OpenFiles(machine)} open files of its QEMU, which may have {limits.OpenFiles}",
                "fewer virtual CPUs; or raise it where the daemon is started from (ulimit -n 65536), then: qemulab daemon stop");
        }

        int threads = starting.Machines.Sum(MachineFootprint.Threads);
        if (threads > limits.ThreadsFree)
        {
            yield return new(
                "processes-limited",
                $"{Count(starting.Machines.Count, "machine")} take about {threads} threads, {limits.ThreadsFree} more may be started here: {Fitting(HowManyFit(starting.Machines, MachineFootprint.Threads, limits.ThreadsFree))}",
                "raise the limit that is in the way (ulimit -u, TasksMax= of the daemon's unit or slice, pids.max of the container)");
        }
    }

    /// <summary>How many of them, from the first on, are in the room that there is.</summary>
    public static int HowManyFit(IReadOnlyList<MachinePlan> machines, Func<MachinePlan, long> size, long room) =>
        machines.TakeWhile(machine => (room -= size(machine)) >= 0).Count();

    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    public static string Fitting(int count) => count switch
    {
        0 => "none of them fits",
        1 => "1 of them fits",
        _ => $"{count} of them fit",
    };

    private static int HowManyFit(IReadOnlyList<MachinePlan> machines, Func<MachinePlan, int> size, int room) =>
        HowManyFit(machines, machine => (long)size(machine), room);
}
