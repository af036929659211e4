using Microsoft.AspNetCore.Http.HttpResults;
using QemuLab.Engine;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Labs: seen, planned, launched, taken down.</summary>
internal static class LabRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/labs", (LabSupervisor labs, ListBodies bodies) => bodies.Labs(labs.Labs).Answer())
            .WithSummary("Every lab with its machines")
            .Produces<IReadOnlyList<LabView>>()
            .IsTagged();
        api.MapGet("/unplanned", Unplanned)
            .WithSummary("Labs that are kept but that this host cannot carry now, and why; what it can carry again is taken up first");
        api.MapGet("/labs/{lab}", (string lab, LabSupervisor labs, ListBodies bodies) => bodies.Lab(LabLookup.Lab(labs.Labs, lab)).Answer())
            .WithSummary("One lab")
            .Produces<LabView>()
            .IsTagged()
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet("/labs/{lab}/plan", (string lab, string? argv, LabSupervisor labs) => PlanOf(LabLookup.Lab(labs.Labs, lab).Plan, argv))
            .WithSummary("What was decided for a lab that is there; argv=MACHINE adds its QEMU arguments")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost("/plans", async (LabSource source, string? argv, LabSupervisor labs, CancellationToken cancellation) => PlanOf(await labs.PlanAsync(source.Checked(), cancellation), argv))
            .WithSummary("What a launch would do; nothing is touched")
            .Produces<ProblemView>(StatusCodes.Status422UnprocessableEntity, ProblemView.MediaType);
        api.MapPost("/diffs", (LabSource source, LabSupervisor labs, CancellationToken cancellation) => labs.DiffAsync(source.Checked(), cancellation))
            .WithSummary("What a launch would change, machine by machine; nothing is touched")
            .Produces<ProblemView>(StatusCodes.Status422UnprocessableEntity, ProblemView.MediaType);
        api.MapPost("/labs/{lab}/set", (string lab, SetRequest request, LabSupervisor labs, CancellationToken cancellation) => labs.SetAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Machines, request.Settings, cancellation))
            .WithSummary("Give keys of machines other values than the lab file; what can be is done at once, the rest waits for a restart")
            .Produces<ProblemView>(StatusCodes.Status422UnprocessableEntity, ProblemView.MediaType);
        api.MapPut("/labs/{lab}", Launch)
            .WithSummary("Bring a lab to what its file asks for. JSON lines: events, last the outcome or a problem. Leaving takes back what was begun")
            .Produces<StreamLine>(StatusCodes.Status200OK, LineStream.MediaType);
        api.MapDelete("/labs/{lab}", Down)
            .WithSummary("Stop every machine and remove what was made on the host. JSON lines: events, last done or a problem")
            .Produces<StreamLine>(StatusCodes.Status200OK, LineStream.MediaType);
        api.MapPost("/labs/{lab}/cancel", Cancel)
            .WithSummary("End the change of a lab that is under way; its own stream says when all is taken back")
            .Produces(StatusCodes.Status202Accepted)
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }

    private static async Task<IReadOnlyList<UnplannedLab>> Unplanned(LabSupervisor labs, CancellationToken cancellation)
    {
        await labs.RetryAsync(cancellation);
        return labs.Unplanned;
    }

    private static PlanView PlanOf(LabPlan plan, string? argv) =>
        argv is not null && plan.Machines.All(machine => machine.Name != argv)
            ? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{plan.Name}' has no machine '{argv}'", Nearest(plan, argv))
            : plan.View(machine => machine.Name == argv ? CommandLines.Of(machine, plan) : null);

    private static string? Nearest(LabPlan plan, string name) =>
        NearestName.Of(name, plan.Machines.Select(machine => machine.Name)) is { } nearest ? $"did you mean {nearest}?" : null;

    private static async Task Launch(string lab, LaunchRequest request, HttpContext http, EngineParts parts, LabSupervisor labs, Launches launches, IHostApplicationLifetime lifetime)
    {
        EnsureName(lab, request.Source.Whole(), parts.Catalog);
        LaunchOptions options = request.Options() with { Ensure = Preconditions.Of(http) };
        using Launches.Launch launch = launches.Begin(lab, http.RequestAborted, lifetime.ApplicationStopping);
        await LineStream.WriteAsync(http, async progress =>
            new StreamLine(Outcome: await labs.LaunchAsync(request.Source.Whole(), options, progress, launch.Cancellation)));
    }

    /// <exception cref="QemuLabException">The lab file is another lab's.</exception>
    public static void EnsureName(string lab, LabSource source, ImageCatalog catalog)
    {
        if (LabReader.Read(source, catalog.Images).Lab is { } read && read.Name.Value != lab)
        {
            throw new QemuLabException(ErrorKind.Usage, "lab-name-differs", $"the lab file's name is '{read.Name}', the request's is '{lab}'");
        }
    }

    /// <summary>Goes on when the client leaves: a lab that is half down helps nobody.</summary>
    private static async Task Down(string lab, bool? purge, double? graceSeconds, HttpContext http, LabSupervisor labs, Launches launches, IHostApplicationLifetime lifetime)
    {
        StopOptions options = new StopRequest(graceSeconds).Options();
        LabLookup.Lab(labs.Labs, lab);
        using Launches.Launch launch = launches.Begin(lab, lifetime.ApplicationStopping);
        await LineStream.WriteAsync(http, async progress =>
        {
            await labs.DownAsync(lab, purge == true, options, progress, launch.Cancellation);
            return new StreamLine(Done: true);
        });
    }

    private static Accepted Cancel(string lab, Launches launches) => launches.Cancel(lab)
        ? TypedResults.Accepted((string?)null)
        : throw new QemuLabException(ErrorKind.NotFound, "nothing-to-cancel", $"lab '{lab}' is not being changed");
}
