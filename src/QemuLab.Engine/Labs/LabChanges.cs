using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Labs;

/// <summary>What a lab is to be against what runs, and what of it can be done while it runs.</summary>
internal sealed class LabChanges(LabRecords records, EventLog events, GuestMemory memory)
{
    /// <summary>Each machine against a plan; the ones that the plan does not have last.</summary>
    /// <param name="entry">The lab as it is; null: there is none.</param>
    /// <param name="wanted">What it is to be.</param>
    public static IReadOnlyList<MachineDiff> Against(LabEntry? entry, LabPlan wanted)
    {
        IEnumerable<MachineDiff> planned = wanted.Machines.Select(plan => entry?.Find(plan.Name) is { } machine
            ? new MachineDiff(plan.Name, DiffKind.Known, machine.Status.IsUp, Differences(entry, machine, plan))
            : new MachineDiff(plan.Name, DiffKind.New, IsUp: false, []));
        IEnumerable<MachineDiff> leftover = (entry?.Machines ?? []).Where(machine => wanted.Machines.All(plan => plan.Name != machine.Plan.Name))
            .Select(machine => new MachineDiff(machine.Plan.Name, DiffKind.Leftover, machine.Status.IsUp, []));
        return [.. planned, .. leftover];
    }

    /// <summary>The keys of a machine that are others than it runs with; of one that does not run, than it was last planned with.</summary>
    public static IReadOnlyList<MachineDifference> Differences(LabEntry entry, VirtualMachine machine, MachinePlan wanted) =>
        MachineSettings.Differences(Present(entry, machine), wanted) is var all && machine.Status.IsUp ? all : [.. all.Select(one => one with { NeedsRestart = false })];

    /// <summary>Does to a machine that runs what can be done without a restart, and keeps that it was done.</summary>
    /// <exception cref="QemuLabException">QEMU refused it.</exception>
    public async Task ApplyLiveAsync(LabEntry entry, VirtualMachine machine, MachinePlan wanted, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, string> present = Present(entry, machine);
        if (machine.Running is not { } running)
        {
            return;
        }

        foreach (DiskPlan disk in MachineSettings.Growing(present, wanted))
        {
            await running.ResizeDiskAsync(QemuCommandLine.NodeName(disk), disk.Size, cancellation);
            events.Add(LabEventKind.State, entry.Name, wanted.Name, "Changed", $"disk {disk.Name} is {disk.Size} now; the guest sees it, its file system grows at the next boot or by growpart and resize2fs");
        }

        if (MachineSettings.IsMemoryLive(present, wanted) && MachineSettings.Differences(present, wanted).Any(one => one.Key == MachineSettings.Memory))
        {
            await memory.ChangeAsync(machine, running, wanted.Spec.Memory, cancellation);
        }

        IReadOnlyDictionary<string, string> asked = MachineSettings.Of(wanted);
        HashSet<string> done = [.. MachineSettings.Differences(present, wanted).Where(one => !one.NeedsRestart && !one.IsKept).Select(one => one.Key)];
        if (done.Count > 0)
        {
            records.Change(entry, wanted.Name, record => record with { StartedWith = present.ToDictionary(pair => pair.Key, pair => done.Contains(pair.Key) ? asked[pair.Key] : pair.Value) });
        }
    }

    /// <summary>What it was started with; of one that an older version has started, or that does not run, what it was planned with. Disks are as large as their files say.</summary>
    private static IReadOnlyDictionary<string, string> Present(LabEntry entry, VirtualMachine machine)
    {
        IReadOnlyDictionary<string, string> known = machine.Status.IsUp && entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.StartedWith is { } started ? started : MachineSettings.Of(machine.Plan);
        return MachineSettings.WithDisks(known, machine.Plan, disk => Qcow2Header.VirtualSize(disk.Path));
    }
}

/// <summary>How a machine of a plan stands to what is there.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter<DiffKind>))]
public enum DiffKind
{
    /// <summary>It is there.</summary>
    Known,

    /// <summary>A launch makes it.</summary>
    New,

    /// <summary>The file no longer has it; a launch with prune deletes it.</summary>
    Leftover,
}

/// <summary>A machine as it is against what it is to be.</summary>
/// <param name="Machine">Its name.</param>
/// <param name="Kind">Whether it is there, and in the file.</param>
/// <param name="IsUp">Whether it runs.</param>
/// <param name="Differences">Key by key; empty: none.</param>
public sealed record MachineDiff(string Machine, DiffKind Kind, bool IsUp, IReadOnlyList<MachineDifference> Differences)
{
    /// <summary>Whether only a restart brings it to what it is to be.</summary>
    public bool NeedsRestart => Differences.Any(one => one.NeedsRestart);
}
