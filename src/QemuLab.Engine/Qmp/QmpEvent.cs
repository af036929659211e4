using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>An event that QEMU sent, such as <c>SHUTDOWN</c>.</summary>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Timestamp">QEMU's clock.</param>
/// <param name="Data">Its <c>data</c> object; <see cref="JsonValueKind.Undefined"/> where there is none.</param>
public sealed record QmpEvent(string Name, DateTimeOffset Timestamp, JsonElement Data);
