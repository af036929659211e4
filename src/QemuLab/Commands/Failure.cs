using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Errors;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>How an error ends the program: the lines on standard error and the exit code.</summary>
/// <param name="Lines">Without a stack, ever.</param>
internal sealed record Failure(int ExitCode, IReadOnlyList<string> Lines)
{
    public const int Usage = 2, Bug = 70, Interrupted = 130;

    public static Failure Of(Exception error, string logPath) => error switch
    {
        OperationCanceledException => new(Interrupted, []),
        LabFileException file => new(Usage, [.. file.Diagnostics.Select(diagnostic => diagnostic.ToString())]),
        QemuLabException known => new(known.ExitCode ?? CodeOf(known.Kind), LinesOf(known)),
        DaemonBugException bug => new(Bug, [$"error: the daemon met a bug: {bug.Message}{Number(ProblemView.BugCode)}", $"hint: its log has the details: {logPath}"]),
        _ when FileTrouble.Of(error) is { } trouble => Of(trouble, logPath),
        _ => new(Bug, [$"error: a bug: {error.GetType().Name}: {error.Message}", $"hint: the details are in {logPath}"]),
    };

    public static int CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage => Usage,
        ErrorKind.DaemonUnreachable => 3,
        ErrorKind.NotFound => 4,
        ErrorKind.TimedOut => 5,
        ErrorKind.Conflict => 6,
        _ => 1,
    };

    private static string[] LinesOf(QemuLabException error)
    {
        // Further lines are another program's words, to which nothing is added.
        string[] lines = error.Message.Split('\n', 2);
        string first = $"error: {lines[0]}{Number(error.Code)}{(lines.Length > 1 ? "\n" + lines[1] : "")}";
        return error.Hint is null ? [first] : [first, "hint: " + error.Hint];
    }

    /// <summary>Behind the message, for <c>qemulab explain</c>: a script that looks at how an error begins sees what it always saw.</summary>
    private static string Number(string code) => ErrorCatalogue.NumberOf(code) is { } number ? $" [{number}]" : "";
}

/// <summary>A command in a guest could not be run at all; its own exit code would be handed through.</summary>
internal sealed class GuestCommandException : QemuLabException
{
    public const int NotRun = 125;

    public GuestCommandException(string code, string message, string? hint = null, Exception? cause = null)
        : base(ErrorKind.Failed, code, message, hint, cause) => ExitCode = NotRun;
}
