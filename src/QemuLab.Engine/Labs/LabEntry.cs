using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A lab while the daemon knows it: its record, its plan and its machines.</summary>
internal sealed class LabEntry(string name, LabRecord record, LabPlan plan)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, VirtualMachine> machines = [];
    private volatile IReadOnlyList<VirtualMachine> snapshot = [];
    private volatile Seen? last;
    private Task network = Task.CompletedTask;
    private Task leaving = Task.CompletedTask;
    private int starts;

    public string Name { get; } = name;

    /// <summary>The plan made anew, against the host as it is, by those who start machines at the same time.</summary>
    public CoalescedWork<LabPlan> Planning { get; } = new();

    /// <summary>SSH's files written, by the same.</summary>
    public CoalescedWork<bool> SshFiles { get; } = new();

    public LabRecord Record { get; set; } = record;

    public LabPlan Plan
    {
        get => Volatile.Read(ref plan);
        set
        {
            lock (gate)
            {
                Volatile.Write(ref plan, value);
                Publish();
            }
        }
    }

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
                Publish();
            }

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

    /// <summary>Counts a start that goes on until it is disposed; one that comes while the networks go waits until they have gone.</summary>
    public async Task<IDisposable> BeginStartAsync()
    {
        Task leaves;
        lock (gate)
        {
            starts++;
            leaves = leaving;
        }

        await leaves.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new Start(this);
    }

    /// <summary>Takes the networks down, unless machines are up or being started.</summary>
    public Task LeaveNetworkAsync(Func<Task> takeDown)
    {
        lock (gate)
        {
            return AnyUp || starts > 0 ? Task.CompletedTask : leaving = Task.Run(takeDown);
        }
    }

    /// <summary>Brings the networks up, once for all that start at the same time.</summary>
    public Task ShareNetworkAsync(Func<Task> bringUp)
    {
        lock (gate)
        {
            // On another thread from its beginning: it talks to sockets that answer at once.
            return network = network.IsCompleted ? Task.Run(bringUp) : network;
        }
    }

    /// <summary>As it stands; the same object again for as long as nothing has changed, so that what is made of it can be kept.</summary>
    /// <param name="faults">What is made worse on purpose on its networks.</param>
    public LabStatus Status(IReadOnlyList<NetworkFault> faults)
    {
        (LabRecord record, LabPlan plan, IReadOnlyList<VirtualMachine> all, Seen? before) = (Record, Plan, snapshot, last);
        if (before is not null && ReferenceEquals(before.Record, record) && ReferenceEquals(before.Plan, plan) && ReferenceEquals(before.Machines, all)
            && ReferenceEquals(before.Status.Faults, faults) && all.Select(machine => machine.Status).SequenceEqual(before.Status.Machines, ReferenceEqualityComparer.Instance))
        {
            return before.Status;
        }

        string file = Path.Combine(record.Source.BaseDirectory, Path.GetFileName(record.Source.DisplayPath));
        var now = new LabStatus(Name, file, WholePlan, [.. all.Select(machine => machine.Status)])
        {
            Faults = faults,
            RestartRequired = all.Where(machine => machine.Status.IsUp && NeedsRestart(record, plan, machine.Plan.Name)).Select(machine => machine.Plan.Name).ToHashSet(),
        };
        last = new Seen(record, plan, all, now);
        return now;
    }

    private static bool NeedsRestart(LabRecord record, LabPlan plan, string machine) =>
        record.Machines.GetValueOrDefault(machine)?.StartedWith is { } started
        && plan.Machines.FirstOrDefault(wanted => wanted.Name == machine) is { } wanted
        && MachineSettings.Differences(started, wanted).Any(one => one.NeedsRestart);

    private sealed class Start(LabEntry entry) : IDisposable
    {
        public void Dispose()
        {
            lock (entry.gate)
            {
                entry.starts--;
            }
        }
    }

    /// <summary>A status and what it was made of, all of them immutable.</summary>
    private sealed record Seen(LabRecord Record, LabPlan Plan, IReadOnlyList<VirtualMachine> Machines, LabStatus Status);

    private void Publish()
    {
        Dictionary<string, int> order = plan.Machines.Select((machine, index) => (machine.Name, index)).ToDictionary();
        snapshot = [.. machines.Values.OrderBy(machine => order.GetValueOrDefault(machine.Plan.Name, int.MaxValue)).ThenBy(machine => machine.Plan.Spec.Name)];
    }
}
