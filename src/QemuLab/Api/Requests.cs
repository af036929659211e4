using System.Text.Json.Serialization;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>The body of <c>PUT /v1/labs/{lab}</c>.</summary>
/// <param name="Wait">Answer when every machine is ready, or as soon as they run.</param>
/// <param name="TimeoutSeconds">The hard cap for the whole launch; null: none.</param>
/// <param name="Prune">Delete machines that the file no longer has; the trash keeps them.</param>
internal sealed record LaunchRequest(LabSource Source, bool Wait = true, double? TimeoutSeconds = null, bool Prune = false) : ICheckedRequest
{
    public LaunchOptions Options() => new(Wait, RequestCheck.Seconds("timeoutSeconds", TimeoutSeconds), Prune: Prune);

    public void Check()
    {
        Source.Check();
        Options();
    }
}

/// <summary>Mends what a request may leave out.</summary>
internal static class LabSourceRequest
{
    /// <summary>Source-generated JSON makes null of a collection that is not there, whatever its initializer says.</summary>
    public static LabSource Whole(this LabSource source) => source with
    {
        Settings = source.Settings ?? [],
        Files = source.Files ?? new Dictionary<string, SourceFile>(),
    };

    /// <inheritdoc cref="Check"/>
    public static LabSource Checked(this LabSource source)
    {
        source.Check();
        return source.Whole();
    }

    /// <exception cref="QemuLabException">It names no place that a lab file could be at, or has a null in it.</exception>
    public static void Check(this LabSource source)
    {
        if (source.DisplayPath.Length == 0 || source.DisplayPath.Contains('\0', StringComparison.Ordinal))
        {
            throw RequestCheck.Invalid("displayPath is no file's name");
        }

        if (!Path.IsPathFullyQualified(source.BaseDirectory) || source.BaseDirectory.Contains('\0', StringComparison.Ordinal))
        {
            throw RequestCheck.Invalid("baseDirectory is no absolute path");
        }

        RequestCheck.NoNulls("settings", source.Settings);
        RequestCheck.NoNulls("files", source.Files?.Values);
    }
}

/// <summary>The body of a machine's <c>start</c> and <c>resume</c>.</summary>
/// <param name="Wait">Answer when it is ready, or as soon as it runs.</param>
/// <param name="TimeoutSeconds">The hard cap; null: none.</param>
/// <param name="Cold">Boot a suspended machine, and forget its memory.</param>
/// <param name="Paused">Leave its CPUs standing still until it is unpaused.</param>
internal sealed record StartRequest(bool Wait = true, double? TimeoutSeconds = null, bool Cold = false, bool Paused = false) : ICheckedRequest
{
    public LaunchOptions Options() => new(Wait, RequestCheck.Seconds("timeoutSeconds", TimeoutSeconds), Cold, Paused);

    public void Check() => Options();
}

/// <summary>The body of <c>PUT /v1/machines/{lab}/{name}/state</c>.</summary>
/// <param name="State"><c>Running</c>, <c>Paused</c>, <c>Stopped</c> or <c>Suspended</c>.</param>
/// <param name="Wait">Of one that is to run: answer when it is ready, or as soon as it runs.</param>
/// <param name="TimeoutSeconds">The hard cap of that wait; null: none.</param>
/// <param name="GraceSeconds">How long the guest may take to shut down; null: as the lab file says; 0: it is not asked.</param>
internal sealed record StateRequest(MachineState State, bool Wait = true, double? TimeoutSeconds = null, double? GraceSeconds = null) : ICheckedRequest
{
    public MachineGoal Goal() => MachineGoals.States.Contains(State)
        ? new MachineGoal(State, new StartRequest(Wait, TimeoutSeconds).Options(), new StopRequest(GraceSeconds).Options())
        : throw RequestCheck.Invalid($"a machine can be asked to be {string.Join(", ", MachineGoals.States)}");

    public void Check() => Goal();
}

/// <summary>The body of <c>POST /v1/labs/{lab}/set</c>.</summary>
/// <param name="Machines">Which.</param>
/// <param name="Settings">Each <c>key=value</c>, as in a machine's part of the lab file.</param>
internal sealed record SetRequest(IReadOnlyList<string> Machines, IReadOnlyList<string> Settings) : ICheckedRequest
{
    public void Check()
    {
        RequestCheck.NoNulls("machines", Machines);
        RequestCheck.NoNulls("settings", Settings);
    }
}

/// <summary>The body of a machine's <c>wait</c>.</summary>
/// <param name="For"><c>ready</c> (or null), <c>running</c>, <c>ssh</c>, <c>stopped</c>, <c>state=NAME</c>.</param>
/// <param name="TimeoutSeconds">The hard cap; null: none.</param>
internal sealed record WaitRequest(string? For = null, double? TimeoutSeconds = null) : ICheckedRequest
{
    [JsonIgnore]
    public MachineWait Condition => MachineWait.Parse(For ?? "ready");

    [JsonIgnore]
    public TimeSpan? Limit => RequestCheck.Seconds("timeoutSeconds", TimeoutSeconds);

    public void Check() => _ = (Condition, Limit);
}

/// <summary>The body of <c>POST /v1/labs/{lab}/suspend</c>.</summary>
/// <param name="Machines">Only these; null: all that run.</param>
internal sealed record SuspendRequest(IReadOnlyList<string>? Machines = null) : ICheckedRequest
{
    public void Check() => RequestCheck.NoNulls("machines", Machines);
}

/// <summary>The body of a machine's <c>stop</c>.</summary>
/// <param name="GraceSeconds">How long the guest may take; null: as the lab file says; 0: it is not asked.</param>
internal sealed record StopRequest(double? GraceSeconds = null) : ICheckedRequest
{
    public StopOptions Options() => new(RequestCheck.Seconds("graceSeconds", GraceSeconds));

    public void Check() => Options();
}

/// <summary>The body of a lab's <c>start</c>.</summary>
/// <param name="Machines">Which.</param>
/// <param name="Options">How; null: as a machine's start does without a word.</param>
internal sealed record StartSeveralRequest(IReadOnlyList<string> Machines, StartRequest? Options = null) : ICheckedRequest
{
    public void Check()
    {
        RequestCheck.NoNulls("machines", Machines);
        Options?.Check();
    }
}

/// <summary>The body of a lab's <c>stop</c>.</summary>
/// <inheritdoc cref="StartSeveralRequest"/>
internal sealed record StopSeveralRequest(IReadOnlyList<string> Machines, StopRequest? Options = null) : ICheckedRequest
{
    public void Check()
    {
        RequestCheck.NoNulls("machines", Machines);
        Options?.Check();
    }
}

/// <summary>The body of a machine's <c>restart</c>.</summary>
internal sealed record RestartRequest(double? GraceSeconds = null, bool Wait = true, double? TimeoutSeconds = null) : ICheckedRequest
{
    public StopOptions StopOptions() => new StopRequest(GraceSeconds).Options();

    public LaunchOptions StartOptions() => new StartRequest(Wait, TimeoutSeconds).Options();

    public void Check() => _ = (StopOptions(), StartOptions());
}

/// <summary>The body of a lab's <c>restart</c>.</summary>
/// <inheritdoc cref="StartSeveralRequest"/>
internal sealed record RestartSeveralRequest(IReadOnlyList<string> Machines, RestartRequest? Options = null) : ICheckedRequest
{
    public void Check()
    {
        RequestCheck.NoNulls("machines", Machines);
        Options?.Check();
    }
}

/// <summary>One line of a stream: an event, or as the last line how it ended.</summary>
/// <param name="Done">A stream without an outcome of its own ended well.</param>
internal sealed record StreamLine(LabEvent? Event = null, LaunchOutcome? Outcome = null, bool? Done = null, ProblemView? Problem = null)
{
    public int Schema { get; } = Engine.DocumentSchema.Version;
}
