using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Plans labs against this host and beside the other labs. Nothing is touched.</summary>
/// <param name="parts">The host, the images.</param>
/// <param name="events">Told of images that stand in for others.</param>
/// <param name="labs">All labs there are.</param>
/// <param name="unplanned">Labs that are kept beside them.</param>
/// <param name="ledger">What of the host is spoken for.</param>
internal sealed class LabPlanning(EngineParts parts, EventLog events, LabRegistry labs, UnplannedLabs unplanned, CapacityLedger ledger)
{
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    public Lab Read(LabSource source) => LabReader.Read(source, parts.Catalog.Images).LabOrThrow();

    /// <summary>A lab's plan with the images that are there.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="record">What is known of it; null: nothing.</param>
    /// <param name="cancellation">Ends the look at the images.</param>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public async Task<LabPlan> PlanAsync(Lab lab, LabRecord? record, CancellationToken cancellation) =>
        Plan(lab, await CachedImagesAsync(lab, record, cancellation), record?.Allocations);

    /// <summary>A lab's plan for starting machines of it: of those that do not run, SSH ports that other programs have taken meanwhile are changed.</summary>
    /// <inheritdoc cref="PlanAsync"/>
    public async Task<StartPlan> PlanStartAsync(Lab lab, LabRecord record, CancellationToken cancellation)
    {
        LabPlan plan = await PlanAsync(lab, record, cancellation);
        IReadOnlyDictionary<string, int> lost = LostSshPorts.Of(plan, record.Allocations, labs.Find(lab.Name.Value));
        if (lost.Count == 0)
        {
            return new StartPlan(record, plan);
        }

        LabRecord without = record with { Allocations = record.Allocations.WithoutSshPorts(lost.Keys) };
        return new StartPlan(without, await PlanAsync(lab, without, cancellation)) { Lost = lost };
    }

    /// <summary>A lab's plan with these images.</summary>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public LabPlan Plan(Lab lab, IReadOnlyDictionary<string, PlannedImage> images, LabAllocations? allocations) => LabPlanner.Plan(lab, Context(lab, images, allocations));

    /// <summary>The images of a lab that are there.</summary>
    public Task<IReadOnlyDictionary<string, PlannedImage>> CachedImagesAsync(Lab lab, LabRecord? record, CancellationToken cancellation) =>
        new LabImages(parts.Catalog, parts.Images, events).FindCachedAsync(lab, record?.Allocations ?? LabAllocations.None, cancellation);

    /// <summary>The plans of machines that the lab's file no longer has, from the last file that had them.</summary>
    public async Task<IReadOnlyList<MachinePlan>> LeftoversAsync(LabRecord record, CancellationToken cancellation)
    {
        var plans = new List<MachinePlan>();
        foreach ((string name, MachineRecord machine) in record.Machines.Where(pair => pair.Value.LeftoverOf is not null))
        {
            Lab old = Read(machine.LeftoverOf!);
            LabPlan plan = await PlanAsync(old, record, cancellation);
            plans.AddRange(plan.Machines.Where(candidate => candidate.Name == name));
        }

        return plans;
    }

    private PlanContext Context(Lab lab, IReadOnlyDictionary<string, PlannedImage> images, LabAllocations? allocations)
    {
        LabEntry[] others = [.. labs.All.Where(other => other.Name != lab.Name.Value)];
        return new PlanContext
        {
            Host = parts.Host.Facts,
            Paths = parts.Paths,
            Images = images,
            Allocations = allocations ?? LabAllocations.None,
            Running = labs.Find(lab.Name.Value)?.Machines.Where(machine => machine.Status.IsUp).Select(machine => machine.Plan.Name).ToHashSet() ?? [],
            MemoryPromised = ledger.PromisedBeside(lab.Name.Value),
            SubnetsOfOtherLabs = [.. others.SelectMany(other => other.Plan.Networks, (other, network) => new SubnetUse(network.Subnet, $"lab {other.Name}")), .. unplanned.SubnetsBeside(lab.Name.Value)],
            PortsInUse = new(() => HostPorts.Listening().Concat(others.SelectMany(other => other.Plan.Machines).Select(machine => machine.SshPort)).Concat(unplanned.PortsBeside(lab.Name.Value)).ToHashSet()),
        };
    }
}
