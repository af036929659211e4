using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What machines depend on: names looked up, and refused where a machine would wait for itself by any way.</summary>
internal sealed class DependencyRules(LabDocument document, IReadOnlyList<MachineDraft> drafts, Faults faults)
{
    private static readonly string KeyName = MachineKeys.DependsOn.Name;

    private readonly MachineReferences references = new(document, drafts);
    private readonly Dictionary<string, MachineDraft> draftOf = drafts.ToDictionary(draft => draft.Name.Value);

    /// <summary>Each machine's health check; null where it has none.</summary>
    private readonly Dictionary<string, HealthCheck?> health = drafts.ToDictionary(draft => draft.Name.Value, draft => new HealthRules(faults).Of(draft.Layers));

    /// <summary>The machines with what they depend on and their health checks.</summary>
    public IReadOnlyList<MachineSpec> Applied(IEnumerable<MachineSpec> machines)
    {
        Dictionary<string, IReadOnlyList<Located<Dependency>>> found = drafts.ToDictionary(draft => draft.Name.Value, Of);
        CheckCycles(found);
        return [.. machines.Select(spec => spec with
        {
            DependsOn = [.. found[spec.Name.Value].Select(dependency => dependency.Value)],
            HealthCheck = health[spec.Name.Value],
        })];
    }

    /// <summary>In the file's order; of two conditions for one machine the later one counts, which the other leads to.</summary>
    private IReadOnlyList<Located<Dependency>> Of(MachineDraft draft)
    {
        List<Located<Dependency>> all = [];
        foreach (DependencyText text in draft.Layers.All(MachineKeys.DependsOn).SelectMany(list => list.Value))
        {
            IReadOnlyList<string> meant = references.Meant(text.Name.Value);
            if (meant.Count == 0 && !references.IsGroup(text.Name.Value))
            {
                faults.Error(text.Name.Place, references.NoneOf(text.Name.Value), KeyName);
            }

            if (meant.Contains(draft.Name.Value))
            {
                string way = text.Name.Value == draft.Name.Value ? "" : $", which is of group {text.Name.Value}: name the others, under machines";
                faults.Error(text.Name.Place, $"{draft.Name} would depend on itself{way}", KeyName);
            }

            foreach (string mute in meant.Where(machine => text.Condition == DependencyCondition.Healthy && machine != draft.Name.Value && !draftOf[machine].Layers.Mentions(MachineKeys.HealthCheck)))
            {
                faults.Error(text.Name.Place, $"{mute} has no healthCheck, so that nobody knows when it is healthy: give it one, or wait for ready", KeyName);
            }

            all.AddRange(meant.Where(machine => machine != draft.Name.Value).Select(machine => new Located<Dependency>(new Dependency(machine, text.Condition), text.Name.Place)));
        }

        return [.. all.GroupBy(dependency => dependency.Value.Machine).Select(same => same.MaxBy(dependency => dependency.Value.Condition)!)];
    }

    /// <summary>Each one is told once, where its first machine names the second.</summary>
    private void CheckCycles(Dictionary<string, IReadOnlyList<Located<Dependency>>> dependencies)
    {
        HashSet<string> done = [], told = [];
        List<string> path = [];

        void Visit(string machine)
        {
            path.Add(machine);
            foreach (Located<Dependency> next in dependencies[machine])
            {
                int start = path.IndexOf(next.Value.Machine);
                if (start >= 0)
                {
                    Tell(path[start..]);
                }
                else if (!done.Contains(next.Value.Machine))
                {
                    Visit(next.Value.Machine);
                }
            }

            path.RemoveAt(path.Count - 1);
            done.Add(machine);
        }

        void Tell(List<string> cycle)
        {
            bool isNew = !cycle.Exists(told.Contains);
            told.UnionWith(cycle);
            if (isNew)
            {
                Place place = dependencies[cycle[0]].First(dependency => dependency.Value.Machine == cycle[1 % cycle.Count]).Place;
                faults.Error(place, $"{string.Join(" -> ", cycle.Append(cycle[0]))}: machines that wait for each other are never started", KeyName);
            }
        }

        foreach (string machine in dependencies.Keys.Where(machine => !done.Contains(machine)))
        {
            Visit(machine);
        }
    }
}
