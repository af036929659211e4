using System.Text.Json.Serialization;

namespace QemuLab.Engine.Boots;

/// <summary>What a finding means for the boot.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootFindingKind>))]
public enum BootFindingKind
{
    /// <summary>The machine does not become ready for this.</summary>
    Fault,

    /// <summary>Something is wrong, and need not keep it from becoming ready.</summary>
    Warning,

    /// <summary>Nothing is wrong: what it is at, or what it waits for.</summary>
    Note,
}

/// <summary>Why a machine is not up, or what else is to be told of its boot.</summary>
/// <param name="Code">A stable word for scripts, such as <c>root-not-found</c>.</param>
/// <param name="Meaning">One sentence without a full stop.</param>
/// <param name="Advice">What to do next.</param>
/// <param name="Quote">The line that shows it; null where no line does.</param>
public sealed record BootFinding(string Code, BootFindingKind Kind, string Meaning, string Advice, string? Quote = null)
{
    /// <summary>Where something has failed, it has failed for this: then it is a fault, and told first.</summary>
    [JsonIgnore]
    public bool ExplainsFaults { get; init; }

    /// <summary>A guest that is silent after this comes no further by itself: nobody need wait for it.</summary>
    [JsonIgnore]
    public bool IsFinal { get; init; }
}
