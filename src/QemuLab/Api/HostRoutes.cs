using Microsoft.AspNetCore.Http.HttpResults;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>The daemon itself and the host that it runs on.</summary>
internal static class HostRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/version", (VersionView version, HttpResponse answer) =>
            {
                answer.Headers[HttpWire.BuildHeader] = version.Build;
                return version;
            })
            .WithSummary("Who answers");
        api.MapGet("/host", (LabSupervisor labs) => labs.Host.View())
            .WithSummary("What this host can do: QEMU, accelerator, firmware, sizes in bytes");
        api.MapPost("/shutdown", Shutdown)
            .WithSummary("End the daemon; machines go on. Refused while a lab is being changed, unless forced")
            .Produces(StatusCodes.Status202Accepted)
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
    }

    private static Accepted Shutdown(bool? force, Launches launches, IHostApplicationLifetime lifetime)
    {
        if (launches.Any && force != true)
        {
            throw new QemuLabException(ErrorKind.Conflict, "daemon-busy", "a lab is being changed", "wait for it to end, or force it: what was begun is then taken back");
        }

        lifetime.StopApplication();
        return TypedResults.Accepted((string?)null);
    }
}
