using QemuLab.Engine.Disks;

namespace QemuLab.Engine.Images;

/// <summary>An image that a server has. Its key is the digest of the file.</summary>
internal sealed class DownloadedImage(ImageOrigin.Download origin, ImageFolder folder, HttpMessageHandler network, QemuImg qemuImg, TimeProvider clock) : IImageSource
{
    /// <summary>Where a SHA512SUMS decides, the digest can change and the image is still the one that is asked for.</summary>
    private string Recipe => ImageKey.Of(origin.Sha512 is { } pinned ? [pinned] : [origin.Url.AbsoluteUri, origin.Sha512Sums!.AbsoluteUri]);

    public CachedImage? FindCached() => folder.Versions().FirstOrDefault(version => version.Recipe == Recipe);

    public async Task<CachedImage> FetchAsync(bool force, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        using var download = new ImageDownload(network);
        progress.Report(new ImageProgress("download", $"asking {origin.Url.Host}"));
        string digest = await download.ExpectedDigestAsync(origin, cancellation);
        if (!force && folder.Versions().FirstOrDefault(version => version.Sha512 == digest && version.Recipe == Recipe) is { } known)
        {
            return known;
        }

        string begun = folder.PartialDownload(ImageKey.Short(digest));
        await download.FetchAsync(origin.Url, digest, begun, progress, cancellation);
        progress.Report(new ImageProgress("check", "looking at the image"));
        string partial = folder.CreatePartial();
        try
        {
            string disk = Path.Combine(partial, ImageFolder.Disk);
            File.Move(begun, disk);
            DiskImage info = await CheckAsync(disk, cancellation);
            return folder.Publish(partial, new CachedImage
            {
                Name = folder.Name,
                Key = ImageKey.Short(digest),
                Source = origin.Url.AbsoluteUri,
                Recipe = Recipe,
                Sha512 = digest,
                VirtualSizeBytes = info.VirtualSize.Bytes,
                Created = clock.GetUtcNow(),
            });
        }
        finally
        {
            ImageFolder.Discard(partial);
        }
    }

    /// <summary>qcow2, and whole in itself: an image with a backing or data file would show the guest a file of this host.</summary>
    private async Task<DiskImage> CheckAsync(string disk, CancellationToken cancellation)
    {
        try
        {
            DiskImage info = await qemuImg.InfoAsync(disk, cancellation);
            return info is { BackingPath: null, HasDataFile: false }
                ? info
                : throw new QemuLabException(ErrorKind.Failed, "image-refused", $"{origin.Url} refers to another file ({info.BackingPath ?? "a data file"}), which would be a file of this host", "do not use this image");
        }
        catch (QemuLabException cause) when (cause.Code == "qemu-img-failed")
        {
            throw new QemuLabException(ErrorKind.Failed, "image-refused", $"{origin.Url} is not a qcow2 image: {cause.Message}", "name a qcow2 file in the image's file", cause);
        }
    }
}
