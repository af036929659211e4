using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Images;

/// <summary>An image that is here, as <c>image.json</c> beside its files describes it.</summary>
public sealed record CachedImage
{
    public required string Name { get; init; }

    /// <summary>The folder's name.</summary>
    public required string Key { get; init; }

    /// <summary>The URL or the builder that it came from.</summary>
    public required string Source { get; init; }

    /// <summary>The digest of what decides whether this is still the image that is asked for: the download's URL and digest, or the builder's files and arguments.</summary>
    public required string Recipe { get; init; }

    /// <summary>The full SHA-512 of a download.</summary>
    public string? Sha512 { get; init; }

    public required long VirtualSizeBytes { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The folder; not stored, so that the home can be moved.</summary>
    [JsonIgnore]
    public string Folder { get; init; } = "";

    [JsonIgnore]
    public ByteSize VirtualSize => new(VirtualSizeBytes);

    [JsonIgnore]
    public string Disk => Path.Combine(Folder, ImageFolder.Disk);

    /// <summary>What it takes on the host.</summary>
    public ByteSize SizeOnDisk() => new(new DirectoryInfo(Folder).EnumerateFiles().Sum(file => file.Length));

    /// <summary>The image's files as they are in the folder.</summary>
    public ImageFiles Files()
    {
        string? IfThere(string name) => Path.Combine(Folder, name) is { } path && File.Exists(path) ? path : null;
        return new ImageFiles(
            Key,
            Disk,
            IfThere(ImageFolder.Kernel),
            IfThere(ImageFolder.Initrd),
            IfThere(ImageFolder.CommandLine) is { } commandLine ? File.ReadAllText(commandLine).Trim() : null,
            VirtualSize);
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, CachedImageJson.Default.CachedImage);

    /// <summary>Null where the text is no such description.</summary>
    internal static CachedImage? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, CachedImageJson.Default.CachedImage);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CachedImage))]
internal sealed partial class CachedImageJson : JsonSerializerContext;
