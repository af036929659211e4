using System.Globalization;
using System.Text;
using System.Text.Json;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Events in the form of the HTML standard, so that curl and a browser's EventSource can follow.</summary>
internal static class ServerSentEvents
{
    public const string MediaType = "text/event-stream";

    /// <summary>Writes events until the client leaves or the daemon stops.</summary>
    /// <param name="http">The client.</param>
    /// <param name="from">The id that the events go on from: told first, so that a client that is cut off before any event comes back to it.</param>
    /// <param name="events">From there on.</param>
    /// <param name="cancellation">The end.</param>
    public static async Task WriteAsync(HttpContext http, long from, IAsyncEnumerable<IReadOnlyList<LabEvent>> events, CancellationToken cancellation)
    {
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            await http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $": connected\nid: {from}\n\n"), cancellation);
            await http.Response.Body.FlushAsync(cancellation);
            await foreach (IReadOnlyList<LabEvent> batch in events.WithCancellation(cancellation))
            {
                await http.Response.WriteAsync(string.Concat(batch.Select(Frame)), cancellation);
                await http.Response.Body.FlushAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The usual end.
        }
    }

    /// <summary>One event; it has an id only where it is kept, so that a reader's Last-Event-ID stays true.</summary>
    public static string Frame(LabEvent happened)
    {
        var frame = new StringBuilder();
        if (happened.Id > 0)
        {
            frame.Append(CultureInfo.InvariantCulture, $"id: {happened.Id}\n");
        }

        frame.Append("event: ").Append(JsonNamingPolicy.CamelCase.ConvertName(happened.Kind.ToString()))
            .Append("\ndata: ").Append(JsonSerializer.Serialize(happened, ApiJson.Default.LabEvent)).Append("\n\n");
        return frame.ToString();
    }
}
