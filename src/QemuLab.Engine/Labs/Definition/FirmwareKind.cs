using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>How a machine starts: a word, or a kernel with its files. Paths are still as they were written.</summary>
internal sealed class FirmwareKind : ValueKind<FirmwareSpec>
{
    private static readonly string[] Words = ["uefi", "bios", "kernel"];

    public override string Noun => "uefi, bios, kernel, or a mapping with kernel, initrd and append";

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. Words]) },
            Objects.Kernel.Schema(),
            new JsonObject { ["$ref"] = "#/$defs/parameterUse" }),
    };

    public override IEnumerable<string> ChildNames(YamlValue? current) => Objects.Kernel.ChildNames(current);

    public override ValueKind? Child(string name, YamlValue? current) => Objects.Kernel.Child(name, current);

    protected override bool TryReadGiven(string key, YamlValue value, Faults faults, [MaybeNullWhen(false)] out FirmwareSpec result)
    {
        result = value switch
        {
            YamlMapping => Kernel(key, value, faults),
            YamlScalar { Text: "uefi" } => new FirmwareSpec.Uefi(),
            YamlScalar { Text: "bios" } => new FirmwareSpec.Bios(),
            YamlScalar { Text: "kernel" } => new FirmwareSpec.ImageKernel(),
            _ => null,
        };
        if (result is null && value is not YamlMapping)
        {
            string hint = value is YamlScalar scalar ? Suggestion.Hint(scalar.Source, Words) : "";
            faults.Error(value.Place, $"must be {Noun}{hint}", key);
        }

        return result is not null;
    }

    private static FirmwareSpec.DirectKernel? Kernel(string key, YamlValue value, Faults faults) =>
        Objects.Kernel.TryRead(key, value, faults, out Section? section) && section.Get(KernelKeys.Kernel) is { } kernel
            ? new FirmwareSpec.DirectKernel(kernel.Value, section.Get(KernelKeys.Initrd)?.Value, section.Get(KernelKeys.Append)?.Value)
            : null;
}
