using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Images;

/// <summary>An image that is made on this machine. Its key is the digest of the builder, its arguments and the packages that it took.</summary>
internal sealed class BuiltImage(ImageOrigin.Build origin, ImageFolder folder, ICommandRunner runner, QemuImg qemuImg, TimeProvider clock) : IImageSource
{
    private readonly ImageBuilder builder = new(runner, origin);

    public CachedImage? FindCached()
    {
        string recipe = builder.Recipe();
        return folder.Versions().FirstOrDefault(version => version.Recipe == recipe);
    }

    public async Task<CachedImage> FetchAsync(bool force, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        string partial = folder.CreatePartial();
        try
        {
            CachedImage? Known(string key) => folder.Versions().FirstOrDefault(version => version.Key == key);
            string key = await builder.MakeAsync(partial, key => !force && Known(key) is not null, progress, cancellation);
            return (force ? null : Known(key)) ?? await PublishAsync(partial, key, cancellation);
        }
        finally
        {
            ImageFolder.Discard(partial);
        }
    }

    private async Task<CachedImage> PublishAsync(string partial, string key, CancellationToken cancellation)
    {
        string disk = Path.Combine(partial, ImageFolder.Disk);
        if (!File.Exists(disk))
        {
            throw new QemuLabException(ErrorKind.Failed, "build-failed", $"the builder {origin.Script} ended well and left no {ImageFolder.Disk}", "this is a fault of the builder");
        }

        DiskImage info = await qemuImg.InfoAsync(disk, cancellation);
        return folder.Publish(partial, new CachedImage
        {
            Name = folder.Name,
            Key = key,
            Source = origin.Script,
            Recipe = builder.Recipe(),
            VirtualSizeBytes = info.VirtualSize.Bytes,
            Created = clock.GetUtcNow(),
        });
    }
}
