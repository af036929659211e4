using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>A lab while the daemon knows it: its record, its plan and its machines.</summary>
internal sealed class LabEntry(string name, LabRecord record, LabPlan plan)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, VirtualMachine> machines = [];
    private volatile IReadOnlyList<VirtualMachine> snapshot = [];

    public string Name { get; } = name;

    public LabRecord Record { get; set; } = record;

    public LabPlan Plan { get; set; } = plan;

    /// <summary>In the plan's order; machines that the file no longer has come last.</summary>
    public IReadOnlyList<VirtualMachine> Machines => snapshot;

    /// <summary>The plan, and after it the machines that the file no longer has.</summary>
    public LabPlan WholePlan => Plan with
    {
        Machines = [.. Plan.Machines, .. snapshot.Select(machine => machine.Plan).ExceptBy(Plan.Machines.Select(machine => machine.Name), machine => machine.Name)],
    };

    public bool AnyUp => snapshot.Any(machine => machine.Status.IsUp);

    public VirtualMachine? Find(string machine) => snapshot.FirstOrDefault(known => known.Plan.Name == machine);

    public VirtualMachine AddOrGet(MachinePlan plan, Func<MachinePlan, VirtualMachine> make)
    {
        lock (gate)
        {
            if (!machines.TryGetValue(plan.Name, out VirtualMachine? machine))
            {
                machines[plan.Name] = machine = make(plan);
            }

            Publish();
            return machine;
        }
    }

    public void Remove(VirtualMachine machine)
    {
        lock (gate)
        {
            machines.Remove(machine.Plan.Name);
            Publish();
        }
    }

    public LabStatus Status() => new(Name, Path.Combine(Record.Source.BaseDirectory, Path.GetFileName(Record.Source.DisplayPath)), WholePlan, [.. snapshot.Select(machine => machine.Status)]);

    private void Publish()
    {
        List<string> order = [.. Plan.Machines.Select(machine => machine.Name)];
        snapshot = [.. machines.Values.OrderBy(machine => order.IndexOf(machine.Plan.Name) is >= 0 and var index ? index : int.MaxValue).ThenBy(machine => machine.Plan.Spec.Name)];
    }
}
