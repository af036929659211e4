using System.Runtime.InteropServices;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Images;

/// <summary>A file of the catalogue is wrong.</summary>
public sealed class ImageFileException(IReadOnlyList<Diagnostic> diagnostics)
    : QemuLabException(ErrorKind.Usage, "image-file-invalid", string.Join('\n', diagnostics))
{
    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}

/// <summary>Reads one YAML file of the catalogue; all its faults are found at once.</summary>
internal sealed class ImageFile
{
    private static readonly string[] Keys =
        ["name", "description", "user", "shell", "firmware", "minimumMemory", "minimumMemoryUefi", "disk", "architectures", "fallback", "ignoredUserData"];

    private readonly ImageFileFields fields;
    private readonly Faults faults;

    private ImageFile(YamlMapping root, Faults faults)
    {
        this.faults = faults;
        fields = new ImageFileFields(root, faults);
    }

    /// <param name="text">The file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ImageFileException">With every fault.</exception>
    public static ImageReference Read(string text, string file)
    {
        var faults = new Faults(file);
        ImageReference? image = null;
        switch (YamlComposer.Compose(text, faults, file))
        {
            case YamlMapping root:
                image = new ImageFile(root, faults).Image();
                break;
            case { } other:
                faults.Error(other.Place, $"must be a mapping with the keys of an image, not {other.Noun}");
                break;
            default:
                if (!faults.HasErrors)
                {
                    faults.Error(new Place(file, 1, 1), "the file is empty");
                }

                break;
        }

        return image is null || faults.HasErrors ? throw new ImageFileException(faults.InOrder()) : image;
    }

    private ImageReference Image()
    {
        fields.RefuseOthers(Keys);
        return new ImageReference
        {
            Name = fields.Required("name", value => MachineName.TryParse(value, out _) ? value : null, $"a name: use {MachineName.Rule}") ?? "",
            Description = fields.Required("description", value => value, "text") ?? "",
            User = fields.Required("user", value => value, "a login name") ?? "",
            Shell = fields.Required("shell", value => value.StartsWith('/') ? value : null, "an absolute path such as /bin/bash") ?? "",
            Firmware = fields.Required("firmware", value => value is "uefi" or "kernel" ? value : null, "uefi or kernel") == "kernel"
                ? ImageFirmware.Kernel
                : ImageFirmware.Uefi,
            MinimumMemory = Size("minimumMemory", isRequired: true) ?? default,
            MinimumMemoryUefi = Size("minimumMemoryUefi", isRequired: false),
            Disk = Size("disk", isRequired: true) ?? default,
            Origins = Origins(),
            Fallback = fields.Optional("fallback", value => value, "the name of an image"),
            IgnoredUserData = fields.Words("ignoredUserData"),
        };
    }

    private ByteSize? Size(string key, bool isRequired)
    {
        string? text = fields.Read(key, value => ByteSize.TryParse(value, out _) ? value : null, "a size such as 512MiB or 2GiB", isRequired);
        return ByteSize.TryParse(text, out ByteSize size) ? size : null;
    }

    private Dictionary<Architecture, ImageOrigin> Origins()
    {
        var origins = new Dictionary<Architecture, ImageOrigin>();
        foreach (YamlEntry entry in fields.Mapping("architectures"))
        {
            Architecture? architecture = entry.Key.Text switch
            {
                "x86_64" => Architecture.X64,
                "aarch64" => Architecture.Arm64,
                _ => null,
            };
            if (architecture is null)
            {
                faults.Error(entry.Key.Place, $"there is no architecture {Quote.Of(entry.Key.Text)}: write x86_64 or aarch64");
            }
            else if (Origin(entry) is { } origin)
            {
                origins[architecture.Value] = origin;
            }
        }

        return origins;
    }

    private ImageOrigin? Origin(YamlEntry entry)
    {
        if (entry.Value is not YamlMapping mapping)
        {
            faults.Error(entry.Value.Place, "must be a mapping with build, or with url and sha512 or sha512sums");
            return null;
        }

        var origin = new ImageFileFields(mapping, faults);
        if (mapping["build"] is not null)
        {
            origin.RefuseOthers(["build", "args"]);
            return origin.Required("build", value => value, "the path of a builder") is { } script ? new ImageOrigin.Build(script, origin.Words("args")) : null;
        }

        origin.RefuseOthers(["url", "sha512", "sha512sums"]);
        Uri? url = origin.Url("url", isRequired: true);
        string? digest = origin.Optional("sha512", value => value.Length == 128 && value.All(char.IsAsciiHexDigit) ? value.ToLowerInvariant() : null, "128 hexadecimal digits");
        Uri? sums = origin.Url("sha512sums", isRequired: false);
        if (mapping["sha512"] is null && mapping["sha512sums"] is null)
        {
            faults.Error(mapping.Place, "a download needs sha512 or sha512sums to be checked against");
        }

        return url is null ? null : new ImageOrigin.Download(url, digest, sums);
    }
}
