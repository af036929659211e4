using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Who of a lab's machines comes after whom. Pure.</summary>
internal sealed class LaunchOrder(IReadOnlyList<MachinePlan> machines)
{
    private readonly Dictionary<string, IReadOnlyList<Dependency>> dependencies = machines.ToDictionary(machine => machine.Name, machine => machine.Spec.DependsOn);

    /// <summary>The order of these machines only, as if the others were not there.</summary>
    public LaunchOrder Among(IReadOnlyCollection<string> chosen) => new(
        [.. machines.Where(machine => chosen.Contains(machine.Name)).Select(machine => machine with { Spec = machine.Spec with { DependsOn = [.. machine.Spec.DependsOn.Where(dependency => chosen.Contains(dependency.Machine))] } })]);

    public IReadOnlyList<Dependency> DependenciesOf(string machine) => dependencies.GetValueOrDefault(machine, []);

    /// <summary>Does something to each of the machines once it is done to all that depend on it by any way, whether that went well or not; the others side by side.</summary>
    public Task DependantsFirstAsync(IReadOnlyList<string> chosen, Func<string, Task> work)
    {
        Dictionary<string, Task> tasks = [];
        Dictionary<string, HashSet<string>> dependants = chosen.ToDictionary(machine => machine, _ => new HashSet<string>());
        foreach (string machine in chosen)
        {
            foreach (string needed in AllNeededBy(machine).Where(dependants.ContainsKey))
            {
                dependants[needed].Add(machine);
            }
        }

        Task TaskOf(string machine) => tasks.TryGetValue(machine, out Task? known) ? known : tasks[machine] = AfterAsync([.. dependants[machine].Select(TaskOf)], () => work(machine));

        return Task.WhenAll(chosen.Select(TaskOf).ToArray());
    }

    private static async Task AfterAsync(Task[] earlier, Func<Task> work)
    {
        await Task.WhenAll(earlier).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await work();
    }

    private HashSet<string> AllNeededBy(string machine)
    {
        HashSet<string> found = [];
        var open = new Stack<string>([machine]);
        while (open.TryPop(out string? next))
        {
            foreach (Dependency dependency in DependenciesOf(next).Where(dependency => found.Add(dependency.Machine)))
            {
                open.Push(dependency.Machine);
            }
        }

        return found;
    }
}
