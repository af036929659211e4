using QemuLab.Engine.Images;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Whether the image is known, and the memory enough for it.</summary>
internal sealed class ImageRules(IReadOnlyList<ImageReference> images, Faults faults)
{
    private IEnumerable<string> Names => images.Select(image => image.Name);

    /// <summary>Looks at every image that is named, also at one that no machine uses.</summary>
    public void CheckNames(IEnumerable<Section> sections)
    {
        foreach (Located<string> asked in sections.Select(section => section.Get(MachineKeys.Image)).OfType<Located<string>>())
        {
            if (!Names.Contains(asked.Value))
            {
                string hint = Suggestion.Hint(asked.Value, Names);
                faults.Error(asked.Place, $"there is no image {Quote.Of(asked.Value)}{(hint.Length > 0 ? hint : $" ({Known})")}", MachineKeys.Image.Name);
            }
        }
    }

    /// <summary>The machine's image; null where none is named, or one that is not known.</summary>
    public ImageReference? ImageOf(Layers layers, Place lab)
    {
        if (!layers.Mentions(MachineKeys.Image))
        {
            faults.Error(lab, $"image: missing: write one at the top of the file ({Known})");
        }

        string? asked = layers.Nearest(MachineKeys.Image)?.Value;
        return images.FirstOrDefault(image => image.Name == asked);
    }

    /// <summary>As asked for; where nothing is said, the default or what the image needs, whichever is more.</summary>
    public ByteSize MemoryOf(Layers layers, ImageReference image, FirmwareSpec firmware)
    {
        bool isUefi = firmware is FirmwareSpec.Uefi || (firmware is FirmwareSpec.ImageDefault && image.Firmware == ImageFirmware.Uefi);
        ByteSize minimum = isUefi && image.MinimumMemoryUefi is { } more ? more : image.MinimumMemory;
        if (layers.Nearest(MachineKeys.Memory) is not { } asked)
        {
            ByteSize usual = MachineKeys.Memory.DefaultValue;
            return usual < minimum ? minimum : usual;
        }

        if (asked.Value < minimum)
        {
            string booted = isUefi && image.MinimumMemoryUefi is not null ? " booted by UEFI" : "";
            faults.Error(asked.Place, $"{asked.Value} is not enough: image {image.Name}{booted} needs at least {minimum}", MachineKeys.Memory.Name);
        }

        return asked.Value;
    }

    private string Known => $"there are {string.Join(", ", Names)}";
}
