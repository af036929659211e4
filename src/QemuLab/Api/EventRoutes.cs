using System.Globalization;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>What happens, as it happens.</summary>
internal static class EventRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/events", Follow)
            .WithSummary("Server-sent events. since=ID or Last-Event-ID replays what is kept above it; without them only what is new")
            .Produces<LabEvent>(StatusCodes.Status200OK, ServerSentEvents.MediaType);
        api.MapGet("/events/kept", (long? since, LabSupervisor labs) => labs.Events.Since(RequestCheck.NotNegative("since", since) ?? 0))
            .WithSummary("The events that are kept, as an array");
    }

    private static async Task Follow(long? since, HttpContext http, LabSupervisor labs, IHostApplicationLifetime lifetime)
    {
        RequestCheck.NotNegative("since", since);
        // An open stream would hold the daemon's end for half a minute.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await ServerSentEvents.WriteAsync(http, labs.Events.FollowAsync(since ?? LastSeen(http), end.Token), end.Token);
    }

    private static long? LastSeen(HttpContext http) =>
        long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;
}
