using QemuLab.Engine.Images;

namespace QemuLab.Engine.Labs;

/// <summary>The images that a lab needs: got once however many machines want them, and replaced by their fallback where they cannot be had.</summary>
internal sealed class LabImages(ImageCatalog catalog, ImageStore store, EventLog events)
{
    /// <summary>What is here already, without fetching anything; the files are null where it is not.</summary>
    public async Task<IReadOnlyDictionary<string, PlannedImage>> FindCachedAsync(Lab lab, LabAllocations allocations, CancellationToken cancellation)
    {
        var images = new Dictionary<string, PlannedImage>();
        foreach (string name in Names(lab))
        {
            ImageReference reference = catalog.Find(allocations.ImageSubstitutes.GetValueOrDefault(name, name));
            images[name] = new PlannedImage(reference, await store.FindCachedAsync(reference, cancellation));
        }

        return images;
    }

    /// <summary>Fetches or builds what is not here yet, all images at the same time.</summary>
    public async Task<IReadOnlyDictionary<string, PlannedImage>> EnsureAsync(Lab lab, LabAllocations allocations, CancellationToken cancellation)
    {
        string[] names = [.. Names(lab)];
        PlannedImage[] images = await Task.WhenAll(names.Select(name =>
            EnsureAsync(lab.Name.Value, catalog.Find(allocations.ImageSubstitutes.GetValueOrDefault(name, name)), cancellation)));
        return names.Zip(images).ToDictionary();
    }

    /// <summary>Which images stand in for others, as the allocations store it.</summary>
    public static IReadOnlyDictionary<string, string> Substitutes(IReadOnlyDictionary<string, PlannedImage> images) =>
        images.Where(pair => pair.Key != pair.Value.Reference.Name).ToDictionary(pair => pair.Key, pair => pair.Value.Reference.Name);

    private async Task<PlannedImage> EnsureAsync(string lab, ImageReference image, CancellationToken cancellation)
    {
        try
        {
            var progress = new EventProgress(events, lab, image.Name);
            return new PlannedImage(image, await store.EnsureAsync(image, progress, cancellation));
        }
        catch (QemuLabException failed) when (failed.Code == "download-failed" && image.Fallback is not null)
        {
            events.Add(LabEventKind.Warning, lab, null, "image-fallback", $"the image {image.Name} cannot be downloaded, {image.Fallback} is built on this machine instead ({failed.Message})");
            return await EnsureAsync(lab, catalog.Find(image.Fallback), cancellation);
        }
    }

    private static IEnumerable<string> Names(Lab lab) => lab.Machines.Select(machine => machine.Image).Distinct();

    private sealed class EventProgress(EventLog events, string lab, string image) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => events.Add(LabEventKind.Image, lab, null, value.Step, $"{image}: {value.Message}", value.Done?.Bytes, value.Total?.Bytes);
    }
}
