using QemuLab.Engine;
using QemuLab.Engine.Errors;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>An error in the form of RFC 9457, with what a script can act on.</summary>
/// <param name="Title">The kind of error in words.</param>
/// <param name="Detail">What failed, on what and why.</param>
/// <param name="Code">A stable word, such as <c>port-taken</c>.</param>
/// <param name="Hint">What to try.</param>
/// <param name="Kind">Decides the exit code of the command line; null: a bug.</param>
/// <param name="Diagnostics">What is wrong with a lab file.</param>
internal sealed record ProblemView(string Title, int Status, string Detail, string Code, string? Hint, ErrorKind? Kind, IReadOnlyList<Diagnostic>? Diagnostics)
{
    public const string MediaType = "application/problem+json";
    public const string BugCode = "internal-error";

    /// <summary>The failure's own exit code, as a lab file gives one to a stage; null: the kind's.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The code's number, such as <c>QL0042</c>, for <c>qemulab explain</c>; null: it has none.</summary>
    public string? Number => ErrorCatalogue.NumberOf(Code);

    public static ProblemView From(Exception error) => error switch
    {
        LabFileException file => new("the lab file is wrong", StatusCodes.Status422UnprocessableEntity, file.Message, file.Code, file.Hint, file.Kind, file.Diagnostics),
        QemuLabException known => new(TitleOf(known.Kind), StatusOf(known), known.Message, known.Code, known.Hint, known.Kind, null) { ExitCode = known.ExitCode },
        OperationCanceledException => new("cancelled", StatusCodes.Status409Conflict, "cancelled; what had been begun was taken back", "cancelled", null, ErrorKind.Failed, null),
        _ when FileTrouble.Of(error) is { } trouble => From(trouble),
        _ => new("a bug", StatusCodes.Status500InternalServerError, $"{error.GetType().Name}: {error.Message}", BugCode, null, null, null),
    };

    /// <summary>The exception that it was made from, on the client's side.</summary>
    public Exception ToException() => (Kind, Diagnostics) switch
    {
        (_, { Count: > 0 } diagnostics) => new LabFileException(diagnostics),
        ({ } kind, _) => new QemuLabException(kind, Code, Detail, Hint) { ExitCode = ExitCode },
        _ => new DaemonBugException(Detail),
    };

    private static int StatusOf(QemuLabException error) => error.Code switch
    {
        Preconditions.Code => StatusCodes.Status412PreconditionFailed,
        ConnectionLimit.Code => StatusCodes.Status503ServiceUnavailable,
        _ => StatusOf(error.Kind),
    };

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.TimedOut => StatusCodes.Status504GatewayTimeout,
        ErrorKind.DaemonUnreachable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static string TitleOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage => "the request is wrong",
        ErrorKind.NotFound => "not found",
        ErrorKind.Conflict => "the present state does not allow it",
        ErrorKind.TimedOut => "it did not come in time",
        ErrorKind.DaemonUnreachable => "the daemon cannot be reached",
        _ => "it failed",
    };
}

/// <summary>The daemon met a bug; its log has the stack.</summary>
internal sealed class DaemonBugException(string message) : Exception(message);
