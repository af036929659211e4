using System.ComponentModel;
using System.Diagnostics;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// A program of ours that outlives the one that started it. The two halves work as <c>qemu -daemonize</c> does: the child
/// keeps our pipes until it is up and then lets go of them (<see cref="LetGo"/>), so that its start has a verdict.
/// </summary>
public static class DetachedProcess
{
    /// <summary>Starts the program and returns once it has let go.</summary>
    /// <param name="command">A program that calls <see cref="LetGo"/> when it is up; input and time limit of the start may be set.</param>
    /// <exception cref="QemuLabException">It ended instead (code <c>start-failed</c>, its own words quoted), or it did neither in time.</exception>
    public static async Task<ProcessIdentity> StartAsync(Command command, CancellationToken cancellation = default)
    {
        using Process process = Start(command);
        TimeSpan allowed = command.TimeLimit ?? TimeSpan.FromSeconds(20);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(allowed);
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            string error = await process.StandardError.ReadToEndAsync(limit.Token);
            await output;
            return await ExitedAsync(process, spoke: error.Length > 0, limit.Token) ? throw Failed(command, error) : ProcessIdentity.Of(process.Id) ?? throw Failed(command, error);
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

    /// <summary>Pipes close a moment before the process is seen to have ended. One that wrote an error is about to end; one that let go stays.</summary>
    private static async Task<bool> ExitedAsync(Process process, bool spoke, CancellationToken cancellation)
    {
        for (int attempt = spoke ? 0 : 495; attempt < 500 && !process.HasExited; attempt++)
        {
            await Task.Delay(2, cancellation);
        }

        return process.HasExited;
    }

    private static QemuLabException Failed(Command command, string error) => new(
        ErrorKind.Failed, "start-failed", $"{command} ended at once: {(error.Trim() is { Length: > 0 } words ? words : "it gave no reason")}");
}
