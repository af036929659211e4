using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// A program of ours that outlives the one that started it. As with <c>qemu -daemonize</c> its start has a verdict: the
/// child says a word when it is up and lets go of our pipes (<see cref="LetGo"/>), or it ends with an error.
/// </summary>
public static class DetachedProcess
{
    /// <summary>A word and not the end of the pipe, because the .NET runtime keeps copies of its first three files open.</summary>
    private const string Word = "up";

    /// <summary>Starts the program and returns once it is up.</summary>
    /// <param name="command">A program that calls <see cref="LetGo"/> when it is up; input and time limit of the start may be set.</param>
    /// <exception cref="QemuLabException">It ended instead (code <c>start-failed</c>, its own words quoted), or it did neither in time.</exception>
    public static async Task<ProcessIdentity> StartAsync(Command command, CancellationToken cancellation = default)
    {
        using Process process = Start(command);

        // A process leaves the streams that were asked of it to who asked.
        using StreamReader output = process.StandardOutput;
        using StreamReader errors = process.StandardError;
        TimeSpan allowed = command.TimeLimit ?? TimeSpan.FromSeconds(20);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(allowed);
        try
        {
            process.StandardInput.Close();
            Task<string> error = errors.ReadToEndAsync(limit.Token);
            if (await output.ReadLineAsync(limit.Token) == Word && ProcessIdentity.Of(process.Id) is { } child)
            {
                return child;
            }

            throw Failed(command, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new QemuLabException(ErrorKind.TimedOut, "start-failed", $"{command} did not start within {allowed.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// The child's half: a session of its own, input from nowhere, output to the log. From here on no terminal, no closed
    /// pipe and no end of the parent reaches it.
    /// </summary>
    /// <param name="log">Appended to; null: output goes nowhere.</param>
    public static void LetGo(string? log)
    {
        using (Stream parent = Console.OpenStandardOutput())
        {
            parent.Write(Encoding.ASCII.GetBytes(Word + "\n"));
        }

        // It fails only for a process group's leader: a program started from a shell, which is in nobody's way.
        _ = NativeProcess.SetSession();
        using FileStream nothing = new("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using FileStream output = log is null ? nothing : new(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        _ = NativeProcess.Duplicate(nothing.SafeFileHandle, 0);
        _ = NativeProcess.Duplicate(output.SafeFileHandle, 1);
        _ = NativeProcess.Duplicate(output.SafeFileHandle, 2);
    }

    private static Process Start(Command command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.WorkingDirectory ?? "/",
        };
        foreach ((string name, string? value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception cause)
        {
            throw new CommandNotFoundException(command.Program, cause);
        }
    }

    private static QemuLabException Failed(Command command, string error) => new(
        ErrorKind.Failed, "start-failed", $"{command} ended at once: {(error.Trim() is { Length: > 0 } words ? words : "it gave no reason")}");
}
