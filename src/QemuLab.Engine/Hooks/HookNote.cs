using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hooks;

/// <summary>What a hook is told: one JSON object, on a command's standard input or as a request's body.</summary>
public sealed record HookNote
{
    /// <summary>Counts up when something that was there changes or goes; what comes anew does not count.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Of one run of a hook, which gives it; the same again where a request is repeated.</summary>
    public Guid Id { get; init; }

    /// <summary>One of <see cref="HookEvents.Words"/>.</summary>
    public required string Event { get; init; }

    /// <summary>The daemon's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public required string Lab { get; init; }

    /// <summary>Null where the event is the lab's.</summary>
    public HookMachine? Machine { get; init; }

    /// <summary>Every machine of the lab, where the event is the lab's.</summary>
    public IReadOnlyList<HookMachine>? Machines { get; init; }

    /// <summary>What is new, where the event is <c>alarm</c>.</summary>
    public IReadOnlyList<HookAlarm>? Alarms { get; init; }

    /// <summary>Nothing has happened: a person tries the hook.</summary>
    public bool? IsTrial { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, HookJson.Default.HookNote);
}

/// <summary>A machine at the moment of an event.</summary>
/// <param name="Reason">Why it is in this state; null where there is nothing to explain.</param>
/// <param name="Address">On the lab's network.</param>
/// <param name="SshPort">Of this host, at 127.0.0.1.</param>
/// <param name="User">Who logs in.</param>
/// <param name="ReadyAfterSeconds">How long it took to become ready; null where it is not.</param>
public sealed record HookMachine(
    string Name, string Group, MachineState State, BootPhase Phase, string? Reason, string Address, int SshPort, string User, double? ReadyAfterSeconds);

/// <param name="Kind">What it is about.</param>
/// <param name="Message">For people.</param>
public sealed record HookAlarm(MachineAlarmKind Kind, string Message);

[JsonSerializable(typeof(HookNote))]
[JsonSerializable(typeof(HookRun))]
[JsonSerializable(typeof(Dictionary<string, HookMark>))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class HookJson : JsonSerializerContext;
