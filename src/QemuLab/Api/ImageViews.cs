namespace QemuLab.Api;

/// <summary>An image of the catalogue, and whether it is here.</summary>
/// <param name="Origin"><c>download</c>, <c>build</c>, or null where this architecture has none.</param>
/// <param name="Source">The URL or the builder.</param>
/// <param name="MinimumMemory">Bytes.</param>
/// <param name="Disk">The root disk's size unless a lab says otherwise, in bytes.</param>
/// <param name="Cached">The versions that are here, the newest first.</param>
internal sealed record ImageView(string Name, string Description, string User, string? Origin, string? Source, string? Fallback, long MinimumMemory, long Disk, IReadOnlyList<CachedImageView> Cached);

/// <param name="SizeOnDisk">Bytes.</param>
internal sealed record CachedImageView(string Key, string Path, long SizeOnDisk, DateTimeOffset Created);

/// <summary>What a removal removed.</summary>
internal sealed record RemovedImagesView(IReadOnlyList<CachedImageView> Removed);
