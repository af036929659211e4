using System.Reflection;
using QemuLab.Engine.Labs;

namespace QemuLab.Engine.Images;

/// <summary>The images that a lab file can name: those that QemuLab brings, and the user's own, which win over them.</summary>
public sealed class ImageCatalog(IReadOnlyList<ImageReference> images)
{
    public IReadOnlyList<ImageReference> Images { get; } = images;

    /// <summary>Where the user's own images are described, one YAML file each: XDG_CONFIG_HOME/qemulab/images, else ~/.config/qemulab/images.</summary>
    public static string? UserFolder(Func<string, string?> environment)
    {
        string? config = environment("XDG_CONFIG_HOME") is { Length: > 0 } given ? given
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config")
            : null;
        return config is null ? null : Path.Combine(config, "qemulab", "images");
    }

    /// <exception cref="ImageFileException">A file of the user's is wrong.</exception>
    public static ImageCatalog Load(Func<string, string?> environment) => Load(UserFolder(environment));

    /// <inheritdoc cref="Load(Func{string, string?})"/>
    public static ImageCatalog Load(string? userFolder)
    {
        var images = new SortedDictionary<string, ImageReference>(StringComparer.Ordinal);
        foreach (ImageReference image in BuiltIn().Concat(OfUser(userFolder)))
        {
            images[image.Name] = image;
        }

        return new ImageCatalog([.. images.Values]);
    }

    /// <summary>The names alone, by the names of the files and without reading them: enough for a shell that completes one.</summary>
    public static IEnumerable<string> Names(string? userFolder)
    {
        IEnumerable<string> own = userFolder is not null && Directory.Exists(userFolder) ? Directory.EnumerateFiles(userFolder, "*.yaml") : [];
        return typeof(ImageCatalog).Assembly.GetManifestResourceNames().Where(IsDescription).Concat(own)
            .Select(file => Path.GetFileNameWithoutExtension(file)).Distinct().Order(StringComparer.Ordinal);
    }

    /// <exception cref="QemuLabException">There is none of that name.</exception>
    public ImageReference Find(string name) => Images.FirstOrDefault(image => image.Name == name) ?? throw new QemuLabException(
        ErrorKind.NotFound,
        "no-such-image",
        $"there is no image {Quote.Of(name)}",
        Suggestion.For(name, Images.Select(image => image.Name)) is { } nearest
            ? $"did you mean {nearest}?"
            : $"there are: {string.Join(", ", Images.Select(image => image.Name))}");

    private static IEnumerable<ImageReference> BuiltIn()
    {
        Assembly assembly = typeof(ImageCatalog).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(IsDescription))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return ImageFile.Read(reader.ReadToEnd(), name);
        }
    }

    /// <summary>Only files of <c>images/</c> itself: the folders below it belong to the builders.</summary>
    private static bool IsDescription(string resource) =>
        resource.StartsWith("images/", StringComparison.Ordinal) && resource.EndsWith(".yaml", StringComparison.Ordinal) && resource.Count(c => c == '/') == 1;

    private static IEnumerable<ImageReference> OfUser(string? folder)
    {
        if (folder is null || !Directory.Exists(folder))
        {
            yield break;
        }

        foreach (string file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        {
            yield return WithOwnBuilder(ImageFile.Read(ReadText(file), file), folder);
        }
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ImageFileException([new Diagnostic(file, 0, 0, $"cannot be read: {unreadable.Message}")]);
        }
    }

    /// <summary>A builder beside the user's file is taken before one that QemuLab brings.</summary>
    private static ImageReference WithOwnBuilder(ImageReference image, string folder)
    {
        ImageOrigin Own(ImageOrigin origin) =>
            origin is ImageOrigin.Build build && File.Exists(Path.Combine(folder, build.Script)) ? build with { Script = Path.Combine(folder, build.Script) } : origin;

        return image with { Origins = image.Origins.ToDictionary(origin => origin.Key, origin => Own(origin.Value)) };
    }
}
