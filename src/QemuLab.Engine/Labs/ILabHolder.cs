using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Whoever holds the labs, for what is done to them elsewhere.</summary>
internal interface ILabHolder
{
    /// <exception cref="QemuLabException">There is no such lab.</exception>
    LabEntry Entry(string lab);

    /// <summary>Whether this is the lab of its name, and no former one.</summary>
    bool Holds(LabEntry entry);

    /// <summary>One change of a lab at a time.</summary>
    LabGate Gate(string lab);

    /// <summary>The lab; where there is none, a new one without machines.</summary>
    Task<LabEntry> ReviveAsync(string lab, LabSource source, LabAllocations allocations, CancellationToken cancellation);

    /// <summary>A machine's plan: by the lab's file, or by the last one that had it.</summary>
    Task<MachinePlan> PlanAsync(LabEntry entry, string machine, MachineRecord record, CancellationToken cancellation);

    /// <summary>Forgets a lab that has no machines.</summary>
    void ForgetIfEmpty(LabEntry entry);
}
