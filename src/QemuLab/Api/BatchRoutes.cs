using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Several machines of a lab in one request, in the order of what they depend on.</summary>
internal static class BatchRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/labs/{lab}/start", Start)
            .WithSummary("Start machines of a lab, each as soon as those of them that it depends on are there; answers with what became of each")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost("/labs/{lab}/stop", Stop)
            .WithSummary("Stop machines of a lab, those first that depend on others of them; answers with what became of each")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost("/labs/{lab}/restart", Restart)
            .WithSummary("Stop machines of a lab, those first that depend on others of them, and start each again, as the lab file now asks for it, once those of them that it depends on are there")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }

    private static async Task<IReadOnlyList<MachineOutcomeView>> Start(string lab, StartSeveralRequest request, LabSupervisor labs, CancellationToken cancellation) =>
        View(lab, await labs.Batch.StartAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Machines, (request.Options ?? new StartRequest()).Options(), cancellation));

    private static async Task<IReadOnlyList<MachineOutcomeView>> Stop(string lab, StopSeveralRequest request, LabSupervisor labs, CancellationToken cancellation) =>
        View(lab, await labs.Batch.StopAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Machines, (request.Options ?? new StopRequest()).Options(), cancellation));

    private static async Task<IReadOnlyList<MachineOutcomeView>> Restart(string lab, RestartSeveralRequest request, LabSupervisor labs, CancellationToken cancellation)
    {
        RestartRequest options = request.Options ?? new RestartRequest();
        return View(lab, await labs.Batch.RestartAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Machines, options.StopOptions(), options.StartOptions(), cancellation));
    }

    private static IReadOnlyList<MachineOutcomeView> View(string lab, IReadOnlyList<MachineResult> results) =>
        [.. results.Select(result => new MachineOutcomeView(lab, result.Machine, result.Outcome, result.Seconds, result.Failure is { } failure ? ProblemView.From(failure) : null))];
}
