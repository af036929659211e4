using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Images: what can be had and what is here.</summary>
internal static class ImageRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/images", List)
            .WithSummary("The images that a lab file may name, and which of them are here");
        api.MapPost("/images/{name}/fetch", Fetch)
            .WithSummary("Download or build an image; force builds it anew. JSON lines: events, last done or a problem")
            .Produces<StreamLine>(StatusCodes.Status200OK, LineStream.MediaType);
        api.MapDelete("/images/{name}", Remove)
            .WithSummary("Remove an image from the cache; refused while a machine's disk stands on it")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
    }

    private static IReadOnlyList<ImageView> List(EngineParts parts)
    {
        ILookup<string, CachedImage> cached = parts.Images.List().ToLookup(image => image.Name);
        return [.. parts.Catalog.Images.Select(image => View(image, parts.Host.Facts, cached[image.Name]))];
    }

    private static async Task Fetch(string name, bool? force, HttpContext http, EngineParts parts, IHostApplicationLifetime lifetime)
    {
        ImageReference image = parts.Catalog.Find(name);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await LineStream.WriteAsync(http, async progress =>
        {
            await parts.Images.FetchAsync(image, force == true, new Reporter(name, progress, parts.Clock), end.Token);
            return new StreamLine(Done: true);
        });
    }

    private static async Task<RemovedImagesView> Remove(string name, EngineParts parts, LabSupervisor labs, CancellationToken cancellation) => labs.Unplanned is [var lab, ..]
        ? throw new QemuLabException(ErrorKind.Conflict, "lab-unplanned", $"lab {lab.Name} may stand on the image, and is not taken up: {lab.Reason}", lab.Hint)
        : new([.. (await parts.Images.RemoveAsync(name, labs.BackingFilesInUse.ToHashSet(), cancellation)).Select(View)]);

    private static ImageView View(ImageReference image, HostFacts host, IEnumerable<CachedImage> cached)
    {
        (string? origin, string? source) = image.Origins.GetValueOrDefault(host.Architecture) switch
        {
            ImageOrigin.Download download => ("download", download.Url.ToString()),
            ImageOrigin.Build build => ("build", build.Script),
            _ => ((string?)null, (string?)null),
        };
        return new ImageView(image.Name, image.Description, image.User, origin, source, image.Fallback, image.MinimumMemory.Bytes, image.Disk.Bytes, [.. cached.Select(View)]);
    }

    private static CachedImageView View(CachedImage image) => new(image.Key, image.Folder, Directory.Exists(image.Folder) ? image.SizeOnDisk().Bytes : 0, image.Created);

    /// <summary>An image's progress in the form of the lab's events, so that one reader shows both.</summary>
    private sealed class Reporter(string name, IProgress<LabEvent> events, TimeProvider clock) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => events.Report(new LabEvent(0, clock.GetUtcNow(), LabEventKind.Image, "", null, value.Step, $"{name}: {value.Message}") { Done = value.Done?.Bytes, Total = value.Total?.Bytes });
    }
}
