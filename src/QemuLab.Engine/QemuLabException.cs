namespace QemuLab.Engine;

/// <summary>What kind of "no" an error is; each kind has one exit code of the command line and one HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>The world said no: a program failed, a port is taken, a disk is full. Exit code 1.</summary>
    Failed,

    /// <summary>The request itself is wrong. Exit code 2.</summary>
    Usage,

    /// <summary>The daemon cannot be reached. Exit code 3.</summary>
    DaemonUnreachable,

    /// <summary>No such machine, lab or image. Exit code 4.</summary>
    NotFound,

    /// <summary>Something did not come in time. Exit code 5.</summary>
    TimedOut,

    /// <summary>The present state does not allow it. Exit code 6.</summary>
    Conflict,
}

/// <summary>
/// An error that a person can act on: what failed, on what and why (<see cref="Exception.Message"/>), and what to try
/// (<see cref="Hint"/>). Anything else that is thrown is a bug.
/// </summary>
/// <param name="kind">Decides exit code and HTTP status.</param>
/// <param name="code">A stable kebab-case word for scripts, such as <c>port-taken</c>.</param>
/// <param name="message">One sentence without a full stop; may have several lines where a program's own words are quoted.</param>
/// <param name="hint">What to try, or null where nothing sensible can be said.</param>
/// <param name="cause">The exception behind it, for the log.</param>
public class QemuLabException(ErrorKind kind, string code, string message, string? hint = null, Exception? cause = null)
    : Exception(message, cause)
{
    public ErrorKind Kind { get; } = kind;

    public string Code { get; } = code;

    public string? Hint { get; } = hint;

    /// <summary>An exit code of the user's own, in the place of the kind's; null: the kind's.</summary>
    public int? ExitCode { get; init; }
}
