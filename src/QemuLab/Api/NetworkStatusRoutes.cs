using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;

namespace QemuLab.Api;

/// <summary>Networks: seen, and asked whether they do what they should.</summary>
internal static class NetworkStatusRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/networks", (string? lab, LabSupervisor labs) => List(lab, labs))
            .WithSummary("Networks of all labs, or of one: mode, addresses, members, names, routes")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet("/labs/{lab}/network-check", Check)
            .WithSummary("Asks every machine what it reaches, and says what should work and where it stops; takes seconds")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }

    private static IReadOnlyList<NetworkDetailView> List(string? lab, LabSupervisor labs) =>
        [.. (lab is null ? labs.Labs : [LabLookup.Lab(labs.Labs, lab)]).SelectMany(known => known.Networks())];

    private static Task<IReadOnlyList<NetworkCheckRow>> Check(string lab, LabSupervisor labs, EngineParts parts, CancellationToken cancellation) =>
        new NetworkCheck(parts.Paths, parts.Runner).RunAsync(LabLookup.Lab(labs.Labs, lab), network => NetworkFault.Together([.. labs.Faults.Of(lab).Where(fault => fault.Network == network)]), cancellation);
}
