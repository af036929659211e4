using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>What machines take of the host.</summary>
internal static class UsageRoutes
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/usage", ListAsync)
            .WithSummary("What the machines that run have taken of the host since their start: processors, memory, disks, networks; two answers are a rate")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);

    private static async Task<IReadOnlyList<MachineUsageView>> ListAsync(string? lab, LabSupervisor labs, CancellationToken cancellation)
    {
        string? known = lab is null ? null : LabLookup.Lab(labs.Labs, lab).Name;
        return [.. (await labs.Usage.OfAsync(known, cancellation)).Select(View)];
    }

    private static MachineUsageView View(MachineUsage usage) =>
        new(usage.Lab, usage.Name, usage.At, usage.Cpu.TotalSeconds, usage.Memory.Bytes, usage.Disks?.Read, usage.Disks?.Written, usage.Network?.Received, usage.Network?.Sent);
}
