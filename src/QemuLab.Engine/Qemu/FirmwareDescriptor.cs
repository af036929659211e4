using System.Text.Json;

namespace QemuLab.Engine.Qemu;

/// <summary>A firmware as QEMU's descriptor JSON (docs/interop/firmware.json) describes it: the parts that matter here.</summary>
internal sealed record FirmwareDescriptor
{
    /// <summary>The descriptor's own file.</summary>
    public required string Path { get; init; }

    /// <summary>uefi, bios…</summary>
    public required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>flash, kernel, memory.</summary>
    public required string Device { get; init; }

    /// <summary>For flash: split (code and variables apart), combined or stateless.</summary>
    public required string Mode { get; init; }

    public required string? Code { get; init; }

    public required string? CodeFormat { get; init; }

    public required string? Vars { get; init; }

    public required string? VarsFormat { get; init; }

    public required IReadOnlyList<(string Architecture, IReadOnlyList<string> Machines)> Targets { get; init; }

    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>Null where the text is no descriptor: an empty file is the way to mask one of the same name.</summary>
    public static FirmwareDescriptor? Parse(string path, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Read(path, document.RootElement);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static FirmwareDescriptor Read(string path, JsonElement root)
    {
        JsonElement? mapping = Member(root, "mapping");
        return new FirmwareDescriptor
        {
            Path = path,
            Interfaces = Words(root, "interface-types"),
            Device = Word(mapping, "device") ?? "",
            Mode = Word(mapping, "mode") ?? "split",
            Code = Word(Member(mapping, "executable"), "filename"),
            CodeFormat = Word(Member(mapping, "executable"), "format"),
            Vars = Word(Member(mapping, "nvram-template"), "filename"),
            VarsFormat = Word(Member(mapping, "nvram-template"), "format"),
            Targets = [.. Items(root, "targets").Select(target => (Word(target, "architecture") ?? "", Words(target, "machines")))],
            Features = Words(root, "features"),
        };
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out JsonElement member) ? member : null;

    private static string? Word(JsonElement? element, string name) => Member(element, name)?.GetString();

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    private static IReadOnlyList<string> Words(JsonElement element, string name) =>
        [.. Items(element, name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];
}
