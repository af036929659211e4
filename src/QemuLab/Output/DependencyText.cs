using QemuLab.Api;

namespace QemuLab.Output;

/// <summary>What a machine depends on, for people.</summary>
internal static class DependencyText
{
    private const string UsualCondition = "ready";

    /// <summary>Names, with their condition where it is not the usual one; all machines of a group are told by the group's name.</summary>
    /// <param name="dependencies">In the lab file's order.</param>
    /// <param name="machines">Those whose groups are known.</param>
    public static string Of(IReadOnlyList<DependencyView> dependencies, IReadOnlyList<PlannedMachineView> machines) =>
        string.Join(' ', dependencies.Select(dependency => NameOf(dependency, dependencies, machines) + (dependency.Condition == UsualCondition ? "" : ":" + dependency.Condition)).Distinct());

    private static string NameOf(DependencyView dependency, IReadOnlyList<DependencyView> all, IReadOnlyList<PlannedMachineView> machines)
    {
        string? group = machines.FirstOrDefault(machine => machine.Name == dependency.Machine)?.Group;
        return group is not null && machines.Where(machine => machine.Group == group).All(machine => all.Contains(dependency with { Machine = machine.Name })) ? group : dependency.Machine;
    }
}
