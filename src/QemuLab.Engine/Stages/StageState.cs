using System.Text.Json.Serialization;

namespace QemuLab.Engine.Stages;

/// <summary>How far one stage has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StagePhase>))]
public enum StagePhase
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>It is waited for.</summary>
    UnderWay,

    Reached,

    /// <summary>Another one was gone on with, and it was passed over.</summary>
    Skipped,

    Failed,
}

/// <summary>One stage of a machine, as it has gone.</summary>
/// <param name="Seconds">How long it was waited for; null where it is not over.</param>
/// <param name="Matched">The console's line that it was told by; null where it was none.</param>
/// <param name="Rounds">How often it was begun.</param>
public sealed record StagePassage(string Name, StagePhase Phase, double? Seconds = null, string? Matched = null, int Rounds = 0);

/// <summary>How the stages of a machine have ended.</summary>
/// <param name="Code">0: all were reached; else the exit code that the lab file says.</param>
/// <param name="Message">Why they were not; null where they were.</param>
/// <param name="Stage">The one that was not reached; null where all were.</param>
public sealed record StageResult(int Code, string? Message = null, string? Stage = null, string? Hint = null)
{
    /// <summary>All were reached.</summary>
    public static StageResult Passed { get; } = new(0);

    [JsonIgnore]
    public bool IsPassed => Code == 0;

    /// <summary>For whoever waits for it, with its own exit code.</summary>
    /// <param name="machine">The machine's name; null: it is said elsewhere whose it is.</param>
    public QemuLabException Error(string? machine = null) => new(ErrorKind.Failed, "stage-failed", machine is null ? Message! : $"{machine}: {Message}", Hint) { ExitCode = Code };
}

/// <summary>Actions that are being carried out.</summary>
/// <param name="Rule">Of a stage's rule; null: of the stage itself.</param>
/// <param name="Action">Which one is next.</param>
/// <param name="IsBegun">It may have been done already: so it is not done again by a daemon that finds it so.</param>
/// <param name="Matched">What they were begun for.</param>
public sealed record StageDoing(int? Rule, int Action, bool IsBegun, string? Matched);

/// <summary>How far a machine has come in its stages since a start of QEMU. Kept beside its disks, so that the next daemon goes on there.</summary>
public sealed record StageState
{
    /// <summary>QEMU's, which it belongs to.</summary>
    public required int ProcessId { get; init; }

    public required DateTimeOffset ProcessStartedAt { get; init; }

    /// <summary>Tells other stages from those that it was begun with.</summary>
    public required string Digest { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The first byte of the console that nothing has been made of, counted from the first one ever logged.</summary>
    public required long Place { get; init; }

    /// <summary>The stage that is waited for.</summary>
    public int Current { get; init; }

    /// <summary>When that was begun; later, by as long as the machine stood still.</summary>
    public required DateTimeOffset Since { get; init; }

    public required IReadOnlyList<StagePassage> Passages { get; init; }

    /// <summary>How often each rule has fired: by the stage's and its own number.</summary>
    public IReadOnlyDictionary<string, int> Fired { get; init; } = new Dictionary<string, int>();

    /// <summary>When a rule has last fired: a silence begins anew then.</summary>
    public DateTimeOffset? QuietFrom { get; init; }

    /// <summary>Null where the console is waited for.</summary>
    public StageDoing? Doing { get; init; }

    /// <summary>Null while it goes on.</summary>
    public StageResult? Result { get; init; }

    /// <summary>For a machine's status.</summary>
    [JsonIgnore]
    public StageProgress Progress => new(
        Passages.Count(passage => passage.Phase is StagePhase.Reached or StagePhase.Skipped),
        Passages.Count,
        Result is null ? Passages[Current].Name : Result.Stage,
        Result is { IsPassed: false } ? null : Result is not null ? "" : Doing is { Rule: null } ? Passages.ElementAtOrDefault(Current + 1)?.Name ?? "" : Passages[Current].Name,
        Result);
}

/// <summary>How far a machine has come in its stages, in short.</summary>
/// <param name="Current">The one that is waited for, or that was not reached.</param>
/// <param name="Next">The one that a memory of this moment goes on with: what has been sent has been sent; empty: none is left; null: it does not go on.</param>
/// <param name="Result">Null while it goes on.</param>
public sealed record StageProgress(int Done, int Total, string? Current, string? Next, StageResult? Result);
