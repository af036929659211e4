using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>An event that QEMU sent, such as <c>SHUTDOWN</c>.</summary>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Timestamp">QEMU's clock.</param>
/// <param name="Data">Its <c>data</c> object; <see cref="JsonValueKind.Undefined"/> where there is none.</param>
public sealed record QmpEvent(string Name, DateTimeOffset Timestamp, JsonElement Data)
{
    /// <summary>A member of its data that is a string; null where there is none.</summary>
    public string? Word(string member) => Member(member) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Whether a member of its data is there and says so.</summary>
    public bool IsTrue(string member) => Member(member) is { ValueKind: JsonValueKind.True };

    private JsonElement? Member(string name) => Data.ValueKind == JsonValueKind.Object && Data.TryGetProperty(name, out JsonElement value) ? value : null;
}
