using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;

namespace QemuLab.Engine.Images;

/// <summary>
/// The images that are here, and the way to get more. An image is fetched or built once, however many machines, labs or
/// processes ask; what is here is used as it is. A launch asks the network nothing when it finds an image of the same
/// recipe (the builder's files and arguments; the download's URL and digest): newer packages or a newer file behind a
/// SHA512SUMS do not make it wait. <see cref="FetchAsync"/> is the way to ask for those.
/// </summary>
/// <param name="paths">Where they are kept: images/NAME/KEY.</param>
/// <param name="host">Tells the architecture, and where qemu-img is.</param>
/// <param name="runner">Runs builders and qemu-img.</param>
/// <param name="network">For downloads; null: the real one, with the proxies that the environment names.</param>
/// <param name="clock">Dates the images.</param>
public sealed class ImageStore(StatePaths paths, Func<HostFacts> host, ICommandRunner runner, HttpMessageHandler? network = null, TimeProvider? clock = null)
{
    private readonly SharedWork<ImageFiles> work = new();
    // Made for the first download: most daemons never make one.
    private readonly Lazy<HttpMessageHandler> handler = new(() => network ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15) });
    private readonly QemuImg qemuImg = new(host, runner);

    /// <summary>The image's files if it is here; starts no program and asks no server.</summary>
    public Task<ImageFiles?> FindCachedAsync(ImageReference image, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Source(image).FindCached()?.Files());
    }

    /// <summary>The image's files: at once where it is here, else when it has been downloaded or built.</summary>
    /// <exception cref="QemuLabException">download-failed, checksum-mismatch, build-failed, builder-missing, disk-full, no-architecture.</exception>
    public async Task<ImageFiles> EnsureAsync(ImageReference image, IProgress<ImageProgress>? progress = null, CancellationToken cancellation = default) =>
        await FindCachedAsync(image, cancellation) ?? await ShareAsync(image, isFresh: false, force: false, progress, cancellation);

    /// <summary>
    /// The image as it would be made today: a download is compared with its digest now, a build with today's packages.
    /// Gives what is here where that is the same.
    /// </summary>
    /// <param name="force">Also builds where nothing has changed; what machines use stays beside it.</param>
    public Task<ImageFiles> FetchAsync(ImageReference image, bool force, IProgress<ImageProgress>? progress = null, CancellationToken cancellation = default) =>
        ShareAsync(image, isFresh: true, force, progress, cancellation);

    /// <summary>All that is here, by name, the newest first.</summary>
    public IReadOnlyList<CachedImage> List() => Directory.Exists(paths.Images)
        ? [.. Directory.EnumerateDirectories(paths.Images).Order(StringComparer.Ordinal).SelectMany(folder => new ImageFolder(folder).Versions())]
        : [];

    /// <summary>Removes every version of the image, and gives what was removed.</summary>
    /// <param name="name">The image's.</param>
    /// <param name="backingPathsInUse">The disks that machines are overlays of.</param>
    /// <exception cref="QemuLabException">Some machine uses it (nothing is removed then), or it is not here.</exception>
    public async Task<IReadOnlyList<CachedImage>> RemoveAsync(string name, IReadOnlySet<string> backingPathsInUse, CancellationToken cancellation = default)
    {
        ImageFolder folder = FolderOf(name);
        if (folder.Versions().Count == 0)
        {
            throw new QemuLabException(ErrorKind.NotFound, "image-not-cached", $"the image {name} is not here", Suggestion.For(name, List().Select(image => image.Name)) is { } nearest ? $"did you mean {nearest}?" : "see: qemulab image list");
        }

        using FileLock held = await FileLock.TakeAsync(folder.LockFile, () => { }, cancellation);
        IReadOnlyList<CachedImage> versions = folder.Versions();
        if (versions.FirstOrDefault(version => backingPathsInUse.Contains(version.Disk)) is { } used)
        {
            throw new QemuLabException(ErrorKind.Conflict, "image-in-use", $"the image {name} is the base of machines' disks ({used.Disk})", "remove those labs first: qemulab down --purge");
        }

        foreach (CachedImage version in versions)
        {
            folder.Remove(version);
        }

        return versions;
    }

    private Task<ImageFiles> ShareAsync(ImageReference image, bool isFresh, bool force, IProgress<ImageProgress>? progress, CancellationToken cancellation) =>
        work.JoinAsync($"{image.Name} {isFresh} {force}", progress, (all, token) => FetchOnceAsync(image, isFresh, force, all, token), cancellation);

    private async Task<ImageFiles> FetchOnceAsync(ImageReference image, bool isFresh, bool force, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        IImageSource source = Source(image);
        ImageFolder folder = FolderOf(image.Name);
        folder.Create();
        using FileLock held = await FileLock.TakeAsync(
            folder.LockFile, () => progress.Report(new ImageProgress("waiting", "another process is fetching it")), cancellation);
        CachedImage fetched = (isFresh ? null : source.FindCached()) ?? await source.FetchAsync(force, progress, cancellation);
        progress.Report(new ImageProgress("done", $"{image.Name} is here"));
        return fetched.Files();
    }

    private IImageSource Source(ImageReference image)
    {
        HostFacts facts = host();
        ImageFolder folder = FolderOf(image.Name);
        TimeProvider now = clock ?? TimeProvider.System;
        return image.Origins.GetValueOrDefault(facts.Architecture) switch
        {
            ImageOrigin.Build build => new BuiltImage(build, folder, runner, qemuImg, now),
            ImageOrigin.Download download => new DownloadedImage(download, folder, handler.Value, qemuImg, now),
            _ => throw new QemuLabException(ErrorKind.Failed, "no-architecture", $"there is no image {image.Name} for {facts.Architecture}", "take another image: qemulab image list"),
        };
    }

    private ImageFolder FolderOf(string name) => new(Path.Combine(paths.Images, name));
}
