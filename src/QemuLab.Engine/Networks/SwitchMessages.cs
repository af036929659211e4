using System.Text.Json.Serialization;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Dhcp;

namespace QemuLab.Engine.Networks;

/// <summary>One line to the switch's control socket.</summary>
/// <param name="Command">
/// <c>add-port</c>, <c>remove-port</c>, <c>list</c>, <c>version</c>, <c>configure</c>, <c>impair</c>, <c>publish</c>, <c>quit</c>; or
/// <c>capture</c>: after the answer come frames as pcapng, until the asker closes its side.
/// </param>
/// <param name="Port">The port that it is about.</param>
public sealed record SwitchRequest(string Command, string? Port = null)
{
    /// <summary>Of <c>configure</c>: all that the switch shall know of its network.</summary>
    public SwitchConfiguration? Configuration { get; init; }

    /// <summary>Of <c>impair</c>: all that shall be worse from now on.</summary>
    public NetworkImpairments? Impairments { get; init; }

    /// <summary>Of <c>publish</c>: all host ports that the switch shall serve from now on.</summary>
    public IReadOnlyList<PublishedPort>? Published { get; init; }
}

/// <summary>One line back.</summary>
public sealed record SwitchAnswer
{
    /// <summary>Why not; null where it was done.</summary>
    public string? Error { get; init; }

    public string? Version { get; init; }

    public int? ProcessId { get; init; }

    public IReadOnlyList<SwitchPortStatus>? Ports { get; init; }

    /// <summary>To <c>publish</c>: what the host does not give; it is tried again whenever it is asked for.</summary>
    public IReadOnlyList<PublishedPort>? Refused { get; init; }
}

public sealed record SwitchPortStatus(string Name, PortKind Kind, PortCounters Counters);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SwitchRequest))]
[JsonSerializable(typeof(SwitchAnswer))]
[JsonSerializable(typeof(SwitchState))]
[JsonSerializable(typeof(IReadOnlyList<DhcpLease>))]
internal sealed partial class SwitchJson : JsonSerializerContext;
