using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// What of the host's free memory is spoken for: by machines that run and have not yet touched all that is theirs, and by those
/// that another launch was let through for. So two launches at the same time do not both get the same memory.
/// </summary>
/// <param name="machines">All machines of all labs.</param>
/// <param name="resident">What a process has by now.</param>
internal sealed class CapacityLedger(Func<IEnumerable<VirtualMachine>> machines, Func<int, ByteSize> resident)
{
    private readonly Lock gate = new();
    private readonly List<Admission> admissions = [];

    /// <summary>As the lab sees it: what was let through for it itself does not count.</summary>
    public ByteSize PromisedBeside(string lab)
    {
        lock (gate)
        {
            return Promised(beside: lab);
        }
    }

    /// <summary>Lets machines of a lab be started; until the result is disposed, their memory is spoken for.</summary>
    /// <param name="plan">The lab.</param>
    /// <param name="starting">Those that are started.</param>
    /// <param name="made">How many of them are made anew.</param>
    /// <param name="resume">They go on with their memory, and free the room that it takes on the disk.</param>
    /// <exception cref="QemuLabException">The host cannot carry them; every reason in one message.</exception>
    public IDisposable Admit(LabPlan plan, IReadOnlyList<MachinePlan> starting, int made, bool resume = false)
    {
        lock (gate)
        {
            PlanCheck.Ensure(plan, new Starting(starting, Promised(beside: null)) { New = made, Resume = resume });
            var admission = new Admission(this, plan.Name, starting);
            admissions.Add(admission);
            return admission;
        }
    }

    /// <param name="beside">A lab whose own admissions do not count; null: all do.</param>
    private ByteSize Promised(string? beside)
    {
        Dictionary<(string, string), long> promised = [];
        foreach (MachinePlan machine in admissions.Where(admission => beside is null || admission.Lab != beside).SelectMany(admission => admission.Machines))
        {
            promised[(machine.Lab, machine.Name)] = MachineFootprint.Memory(machine).Bytes;
        }

        foreach (VirtualMachine machine in machines())
        {
            if (machine.Status is { IsUp: true, ProcessId: { } process })
            {
                promised[(machine.Plan.Lab, machine.Plan.Name)] = Math.Max(0, MachineFootprint.Memory(machine.Plan).Bytes - resident(process).Bytes);
            }
        }

        return new ByteSize(promised.Values.Sum());
    }

    private sealed class Admission(CapacityLedger ledger, string lab, IReadOnlyList<MachinePlan> machines) : IDisposable
    {
        public string Lab => lab;

        public IReadOnlyList<MachinePlan> Machines => machines;

        public void Dispose()
        {
            lock (ledger.gate)
            {
                ledger.admissions.Remove(this);
            }
        }
    }
}
