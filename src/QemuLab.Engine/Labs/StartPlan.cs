using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>A lab's plan for starting machines of it.</summary>
/// <param name="Record">What it is planned by; it has no SSH ports that are lost.</param>
/// <param name="Plan">The plan.</param>
internal sealed record StartPlan(LabRecord Record, LabPlan Plan)
{
    /// <summary>SSH ports that have gone to other programs, each with the machine that had it and gets another one.</summary>
    public IReadOnlyDictionary<string, int> Lost { get; init; } = new Dictionary<string, int>();

    /// <summary>Says which ports were changed, and to what; once they are.</summary>
    public void Tell(EventLog events, LabEntry entry)
    {
        foreach (MachinePlan machine in entry.Plan.Machines.Where(machine => Lost.ContainsKey(machine.Name)))
        {
            string what = $"reached by SSH at 127.0.0.1:{machine.SshPort} from now on: another program has taken {Lost[machine.Name]} while it did not run";
            events.Add(LabEventKind.Warning, entry.Name, machine.Name, "ssh-port-changed", what);
        }
    }
}
