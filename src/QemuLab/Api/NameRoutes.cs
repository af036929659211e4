using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Names alone, for whoever completes a command line.</summary>
internal static class NameRoutes
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/names", Names).WithSummary("The names of labs, machines, groups, networks and snapshots, of deleted machines and of images that are here");

    private static NamesView Names(LabSupervisor labs, EngineParts parts) => new(
        [.. labs.Labs.Select(lab => new LabNamesView(
            lab.Name,
            [.. lab.Machines.Select(machine => machine.Name)],
            [.. Groups(lab)],
            [.. lab.Plan.Networks.Select(network => network.Network)],
            [.. labs.Snapshots.Of(lab.Name).Select(snapshot => snapshot.Name)]))],
        [.. labs.Trash.All().Select(one => one.Machine).Distinct()],
        [.. parts.Images.List().Select(image => image.Name).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>A group of one that is called as its machine is no second name.</summary>
    private static IEnumerable<string> Groups(LabStatus lab)
    {
        HashSet<string> machines = [.. lab.Machines.Select(machine => machine.Name)];
        return lab.Machines.Select(machine => machine.Group).Distinct().Where(group => !machines.Contains(group));
    }
}

/// <summary>What can be named.</summary>
/// <param name="Deleted">Machines that can be recovered.</param>
/// <param name="Images">Those that are here.</param>
internal sealed record NamesView(IReadOnlyList<LabNamesView> Labs, IReadOnlyList<string> Deleted, IReadOnlyList<string> Images)
{
    public static NamesView None { get; } = new([], [], []);
}

/// <summary>What can be named of a lab.</summary>
internal sealed record LabNamesView(string Name, IReadOnlyList<string> Machines, IReadOnlyList<string> Groups, IReadOnlyList<string> Networks, IReadOnlyList<string> Snapshots);
