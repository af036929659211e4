using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Machines that are deleted: moved to the trash, listed, recovered, removed for good.</summary>
internal static class TrashRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapDelete("/machines/{lab}/{name}", (string lab, string name, bool? force, LabSupervisor labs, CancellationToken cancellation) => labs.Trash.DeleteAsync(LabLookup.Lab(labs.Labs, lab).Name, name, force == true, cancellation))
            .WithSummary("Move a machine with its disks and snapshots to the trash; force where it runs")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapGet("/trash", (LabSupervisor labs) => labs.Trash.All())
            .WithSummary("What was deleted and can be recovered, the oldest first");
        api.MapPost("/trash/{name}/recover", (string name, LabSupervisor labs, CancellationToken cancellation) => labs.Trash.RecoverAsync(Uri.UnescapeDataString(name), cancellation))
            .WithSummary("Put a deleted machine back, stopped; its lab too where that is gone")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapDelete("/trash/{name}", (string name, LabSupervisor labs) => labs.Trash.Purge(Uri.UnescapeDataString(name)))
            .WithSummary("Remove a deleted machine for good")
            .Produces(StatusCodes.Status200OK)
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }
}
