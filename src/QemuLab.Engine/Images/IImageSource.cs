namespace QemuLab.Engine.Images;

/// <summary>Where one image comes from, together with where its versions are kept: a builder, or a server.</summary>
internal interface IImageSource
{
    /// <summary>The newest version of the same recipe.</summary>
    CachedImage? FindCached();

    /// <summary>Gets the image as it is today; under the image's lock.</summary>
    Task<CachedImage> FetchAsync(bool force, IProgress<ImageProgress> progress, CancellationToken cancellation);
}
