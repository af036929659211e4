using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Snapshots of labs: taken, listed, returned to, removed.</summary>
internal static class SnapshotRoutes
{
    private const string All = "/labs/{lab}/snapshots", One = All + "/{name}";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/snapshots", (LabSupervisor labs) => (IReadOnlyList<SnapshotStatus>)[.. labs.Labs.SelectMany(lab => labs.Snapshots.Of(lab.Name))])
            .WithSummary("The snapshots of all labs");
        api.MapGet(All, (string lab, LabSupervisor labs) => labs.Snapshots.Of(LabLookup.Lab(labs.Labs, lab).Name))
            .WithSummary("A lab's snapshots, the oldest first")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost(All, (string lab, SnapshotRequest request, LabSupervisor labs, CancellationToken cancellation) => labs.Snapshots.CreateAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Name, request.Options(), cancellation))
            .WithSummary("Take a snapshot of all machines of a lab at one instant, with memory where they run unless diskOnly")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapPost(One + "/return", (string lab, string name, ReturnRequest request, LabSupervisor labs, CancellationToken cancellation) => labs.Snapshots.ReturnAsync(LabLookup.Lab(labs.Labs, lab).Name, name, request.Options(), null, cancellation))
            .WithSummary("Put a lab back to a snapshot; force where machines run, whose present state is lost")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapDelete(One, (string lab, string name, LabSupervisor labs, CancellationToken cancellation) => labs.Snapshots.DeleteAsync(LabLookup.Lab(labs.Labs, lab).Name, name, cancellation))
            .WithSummary("Remove a snapshot; the lab goes on as it is")
            .Produces(StatusCodes.Status200OK)
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }
}

/// <summary>The body of <c>POST /v1/labs/{lab}/snapshots</c>.</summary>
/// <param name="Name">The snapshot's.</param>
/// <param name="Description">What a person says of it; null: nothing.</param>
/// <param name="Replace">Take the place of one of that name.</param>
/// <param name="DiskOnly">Without the memory of machines that run; their guest agents freeze the file systems meanwhile.</param>
/// <param name="Compress">With that memory compressed: about a third of the room, and machines that stand still for seconds.</param>
internal sealed record SnapshotRequest(string Name, string? Description = null, bool Replace = false, bool DiskOnly = false, bool Compress = false) : ICheckedRequest
{
    public SnapshotOptions Options() => new(Description, Replace, DiskOnly, Compress);

    public void Check() => SnapshotName.Check(Name);
}

/// <summary>The body of <c>POST /v1/labs/{lab}/snapshots/{name}/return</c>.</summary>
/// <param name="Force">Also where machines run, whose present state is lost.</param>
/// <param name="Machines">Only these; null: all that it holds.</param>
/// <param name="Wait">Answer when those that ran are ready again.</param>
internal sealed record ReturnRequest(bool Force = false, IReadOnlyList<string>? Machines = null, bool Wait = true) : ICheckedRequest
{
    public ReturnOptions Options() => new(Force, Machines, Wait);

    public void Check() => RequestCheck.NoNulls("machines", Machines);
}
