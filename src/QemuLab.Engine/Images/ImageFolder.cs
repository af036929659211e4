using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Images;

/// <summary>
/// The cached versions of one image: a folder for each key. A version is made in a folder beside (its name starts with a
/// dot) and renamed when it is whole, so that what can be seen is complete and is never written again.
/// </summary>
/// <param name="path">images/NAME in QemuLab's home.</param>
internal sealed class ImageFolder(string path)
{
    public const string Disk = "disk.qcow2", Kernel = "kernel", Initrd = "initrd", CommandLine = "cmdline", Manifest = "manifest", Description = "image.json";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string PartialPrefix = ".partial-";

    public string Name => Path.GetFileName(path);

    public string LockFile => Path.Combine(path, ".lock");

    /// <summary>A download so far; kept when it is broken off, so that the next one can go on.</summary>
    public string PartialDownload(string recipe) => Path.Combine(path, $".download-{recipe}");

    /// <summary>Newest first.</summary>
    public IReadOnlyList<CachedImage> Versions() => Directory.Exists(path)
        ? [.. Directory.EnumerateDirectories(path).Where(IsVersion).Select(Read).OfType<CachedImage>().OrderByDescending(image => image.Created)]
        : [];

    public void Create() => Directory.CreateDirectory(path, OwnerOnly);

    /// <summary>Only under the lock: what is left of a process that was killed is removed first.</summary>
    public string CreatePartial()
    {
        foreach (string left in Directory.EnumerateDirectories(path, PartialPrefix + "*"))
        {
            Discard(left);
        }

        string partial = Path.Combine(path, PartialPrefix + Path.GetRandomFileName());
        Directory.CreateDirectory(partial, OwnerOnly);
        return partial;
    }

    /// <summary>
    /// Makes the partial folder a version. Where the key is taken (a build that was forced), the new one gets a number: the
    /// older one may be some machine's backing file.
    /// </summary>
    public CachedImage Publish(string partial, CachedImage image)
    {
        string key = image.Key;
        for (int number = 2; Directory.Exists(Path.Combine(path, key)); number++)
        {
            key = $"{image.Key}-{number}";
        }

        CachedImage named = image with { Key = key, Folder = Path.Combine(path, key) };
        AtomicFile.Write(Path.Combine(partial, Description), named.ToJson());
        Directory.Move(partial, named.Folder);
        return named;
    }

    public void Remove(CachedImage image)
    {
        string removed = Path.Combine(path, PartialPrefix + Path.GetRandomFileName());
        Directory.Move(image.Folder, removed);
        Discard(removed);
    }

    /// <summary>What cannot be removed now (a builder's files under foreign ids) is tried again at the next build.</summary>
    public static void Discard(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception undeletable) when (undeletable is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static bool IsVersion(string folder) => Path.GetFileName(folder)[0] != '.';

    private static CachedImage? Read(string folder)
    {
        try
        {
            return CachedImage.FromJson(File.ReadAllBytes(Path.Combine(folder, Description))) is { } image && File.Exists(Path.Combine(folder, Disk))
                ? image with { Folder = folder, Key = Path.GetFileName(folder) }
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
