using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;

namespace QemuLab.Api;

/// <summary>Virtual IPs: seen as the gateways' kernels see them, backends drained and put back.</summary>
internal static class VirtualIpRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/vips", Show)
            .WithSummary("The virtual IP of every lab that has one, or of one lab; asks the gateways")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost("/machines/{lab}/{name}/drain", (string lab, string name, EngineParts parts, LabSupervisor labs, CancellationToken cancellation) => Drain(lab, name, true, parts, labs, cancellation))
            .WithSummary("Give a backend of the lab's virtual IP no new connections; open ones live on")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapPost("/machines/{lab}/{name}/undrain", (string lab, string name, EngineParts parts, LabSupervisor labs, CancellationToken cancellation) => Drain(lab, name, false, parts, labs, cancellation))
            .WithSummary("Give a drained backend new connections again, as soon as its check is good")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
    }

    private static async Task<IReadOnlyList<VirtualIpStatus>> Show(string? lab, EngineParts parts, LabSupervisor labs, CancellationToken cancellation)
    {
        LabStatus[] shown = lab is null ? [.. labs.Labs.Where(known => known.Plan.VirtualIp is not null)] : [LabLookup.Lab(labs.Labs, lab)];
        var gateways = new VirtualIpGateways(parts.Paths, parts.Runner);
        return await Task.WhenAll(shown.Select(known => gateways.ShowAsync(known, cancellation)));
    }

    private static Task<VirtualIpDrain> Drain(string lab, string name, bool drained, EngineParts parts, LabSupervisor labs, CancellationToken cancellation)
    {
        LabStatus status = LabLookup.Lab(labs.Labs, lab);
        return status.Machines.Any(machine => machine.Name == name)
            ? new VirtualIpGateways(parts.Paths, parts.Runner).DrainAsync(status, name, drained, cancellation)
            : throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{lab}' has no machine '{name}'", "run: qemulab list");
    }
}
