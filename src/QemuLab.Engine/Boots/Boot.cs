using System.Text.Json.Serialization;

namespace QemuLab.Engine.Boots;

/// <summary>What made a machine boot.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootOrigin>))]
public enum BootOrigin
{
    /// <summary>QEMU was started.</summary>
    Start,

    /// <summary>The guest began anew in the same QEMU: its own reboot, or the reset button.</summary>
    Reset,
}

/// <summary>How a boot ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootEnd>))]
public enum BootEnd
{
    Ready,

    /// <summary>The wait for it was given up, or cloud-init failed.</summary>
    NotReady,

    /// <summary>The machine went, or began anew, before it was ready.</summary>
    Interrupted,
}

/// <summary>The moment when a stage was seen.</summary>
public sealed record BootMark(BootStage Stage, DateTimeOffset At);

/// <summary>How long one stage took, until the next was seen.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="At">When it was seen.</param>
/// <param name="Seconds">Until the next one, the end, or now.</param>
public sealed record BootPeriod(BootStage Stage, DateTimeOffset At, double Seconds);

/// <summary>One boot of a machine: when it came how far. One line of its file of boots.</summary>
public sealed record Boot
{
    public required DateTimeOffset StartedAt { get; init; }

    public BootOrigin Origin { get; init; }

    /// <summary>QEMU's, by which a later daemon knows the boot again.</summary>
    public required int ProcessId { get; init; }

    public required DateTimeOffset ProcessStartedAt { get; init; }

    /// <summary>Where in the serial log it begins.</summary>
    public long ConsoleFrom { get; init; }

    /// <summary>In the order of their coming; the first is <see cref="BootStage.Process"/>.</summary>
    public required IReadOnlyList<BootMark> Marks { get; init; }

    /// <summary>How the last login that was tried had failed; null once one works.</summary>
    public string? LoginFailure { get; init; }

    /// <summary>What cloud-init has failed with.</summary>
    public IReadOnlyList<string> CloudInitErrors { get; init; } = [];

    /// <summary>Null while it goes on.</summary>
    public BootEnd? End { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What was seen last.</summary>
    [JsonIgnore]
    public BootMark Last => Marks[^1];

    /// <summary>Start to the moment when it was ready; null where it was not.</summary>
    [JsonIgnore]
    public double? ReadyAfterSeconds => End == BootEnd.Ready && EndedAt is { } end ? Math.Max(0, (end - StartedAt).TotalSeconds) : null;

    public static Boot Begin(BootOrigin origin, int processId, DateTimeOffset processStartedAt, DateTimeOffset now, long consoleFrom) => new()
    {
        StartedAt = now,
        Origin = origin,
        ProcessId = processId,
        ProcessStartedAt = processStartedAt,
        ConsoleFrom = consoleFrom,
        Marks = [new BootMark(BootStage.Process, now)],
    };

    public bool Has(BootStage stage) => Marks.Any(mark => mark.Stage == stage);

    /// <summary>Whether it has come at least so far on the guest's own way, or to an answer.</summary>
    public bool IsBeyond(BootStage stage) => Marks.Any(mark => mark.Stage >= stage);

    /// <summary>The boot with the stage; the same where it is known, or where the guest is beyond it: a line of a log may tell of the past.</summary>
    public Boot Reach(BootStage stage, DateTimeOffset at) =>
        Marks.Any(mark => mark.Stage == stage || (mark.Stage > stage && BootStages.IsInside(stage) == BootStages.IsInside(mark.Stage)))
            ? this
            : this with { Marks = [.. Marks, new BootMark(stage, at)] };

    /// <summary>The boot at its end; a ready one has its last stage too.</summary>
    public Boot Finish(BootEnd end, DateTimeOffset at) =>
        (end == BootEnd.Ready ? Reach(BootStage.Ready, at) with { LoginFailure = null, CloudInitErrors = [] } : this) with { End = end, EndedAt = at };

    /// <summary>How long each stage took; of a boot that goes on, the last one until now. A ready boot's last stage takes no time.</summary>
    public IReadOnlyList<BootPeriod> Periods(DateTimeOffset now) =>
        [.. Marks.Where(mark => mark.Stage != BootStage.Ready).Select(mark => new BootPeriod(mark.Stage, mark.At, Math.Max(0, (Next(mark) ?? EndedAt ?? now).Subtract(mark.At).TotalSeconds)))];

    private DateTimeOffset? Next(BootMark mark) => Marks.SkipWhile(earlier => earlier != mark).Skip(1).FirstOrDefault()?.At;
}
