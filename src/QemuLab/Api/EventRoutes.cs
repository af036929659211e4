using System.Globalization;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>What happens, as it happens.</summary>
internal static class EventRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/events", Follow)
            .WithSummary("Server-sent events, the first with the id that they go on from. since=ID or Last-Event-ID replays what is kept above it, all of it where the id is of an earlier daemon; without them only what is new")
            .Produces<LabEvent>(StatusCodes.Status200OK, ServerSentEvents.MediaType);
        api.MapGet("/events/kept", (long? since, LabSupervisor labs) => labs.Events.Since(Known(RequestCheck.NotNegative("since", since), labs) ?? 0))
            .WithSummary("The events that are kept, as an array");
    }

    private static async Task Follow(long? since, HttpContext http, LabSupervisor labs, IHostApplicationLifetime lifetime)
    {
        RequestCheck.NotNegative("since", since);
        // An open stream would hold the daemon's end for half a minute.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        long from = Known(since ?? LastSeen(http), labs) ?? labs.Events.LastId;
        await ServerSentEvents.WriteAsync(http, from, labs.Events.FollowAsync(from, end.Token), end.Token);
    }

    /// <summary>An id that is still to come is of an earlier daemon, and says nothing of this one's events.</summary>
    private static long? Known(long? id, LabSupervisor labs) => id > labs.Events.LastId ? 0 : id;

    private static long? LastSeen(HttpContext http) =>
        long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;
}
