using System.Net;
using System.Net.Http.Headers;

namespace QemuLab.Tests.Fakes;

/// <summary>A web server without a network: files by URL, with ranges, and faults on demand.</summary>
internal sealed class FakeServer : HttpMessageHandler
{
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Thrown by the next requests, one each.</summary>
    public Queue<Exception> Faults { get; } = new();

    /// <summary>The next body breaks off after so many bytes.</summary>
    public int? BreakAfter { get; set; }

    public bool KnowsRanges { get; init; } = true;

    /// <summary>Each request's path and, where it asked for one, its range.</summary>
    public List<string> Requests { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Requests.Add($"{request.RequestUri!.AbsolutePath} {request.Headers.Range}".Trim());
        if (Faults.TryDequeue(out Exception? fault))
        {
            throw fault;
        }

        return Task.FromResult(Files.TryGetValue(request.RequestUri.AbsolutePath, out byte[]? file)
            ? Answer(file, request.Headers.Range?.Ranges.Single().From)
            : new HttpResponseMessage(HttpStatusCode.NotFound));
    }

    private HttpResponseMessage Answer(byte[] file, long? from)
    {
        if (from is not { } start || !KnowsRanges)
        {
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = Body(file) };
        }

        if (start >= file.Length)
        {
            return new HttpResponseMessage(HttpStatusCode.RequestedRangeNotSatisfiable);
        }

        HttpContent body = Body(file[(int)start..]);
        body.Headers.ContentRange = new ContentRangeHeaderValue(start, file.Length - 1, file.Length);
        return new HttpResponseMessage(HttpStatusCode.PartialContent) { Content = body };
    }

    private StreamContent Body(byte[] bytes)
    {
        int whole = bytes.Length;
        byte[] sent = BreakAfter is { } limit && limit < whole ? bytes[..limit] : bytes;
        BreakAfter = null;
        var content = new StreamContent(new MemoryStream(sent));
        content.Headers.ContentLength = whole;
        return content;
    }
}
