using System.Text.Json.Serialization;

namespace QemuLab.Engine.Networks;

/// <summary>One line to the switch's control socket.</summary>
/// <param name="Command"><c>add-port</c>, <c>remove-port</c>, <c>list</c>, <c>version</c> or <c>quit</c>.</param>
/// <param name="Port">The port that it is about.</param>
public sealed record SwitchRequest(string Command, string? Port = null);

/// <summary>One line back.</summary>
public sealed record SwitchAnswer
{
    /// <summary>Why not; null where it was done.</summary>
    public string? Error { get; init; }

    public string? Version { get; init; }

    public int? ProcessId { get; init; }

    public IReadOnlyList<SwitchPortStatus>? Ports { get; init; }
}

public sealed record SwitchPortStatus(string Name, PortKind Kind, PortCounters Counters);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SwitchRequest))]
[JsonSerializable(typeof(SwitchAnswer))]
internal sealed partial class SwitchJson : JsonSerializerContext;
