using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace QemuLab.Engine.Hosts;

/// <summary>A program to run: described first, run later. Arguments are a list and never pass a shell.</summary>
/// <param name="Program">A path, or a name to be found in PATH.</param>
/// <param name="Arguments">Handed over as they are.</param>
public sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    public Command(string program, params string[] arguments)
        : this(program, (IReadOnlyList<string>)arguments)
    {
    }

    /// <summary>Text for standard input; null closes it at once.</summary>
    public string? Input { get; init; }

    /// <summary>After this the program and its children are killed; null: no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>When cancelled, SIGTERM first and this long to clean up; null: killed at once.</summary>
    public TimeSpan? StopGrace { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary>Variables set on top of our own environment; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>So many characters of each stream are kept, the last ones; null: all.</summary>
    public int? OutputLimit { get; init; }

    /// <summary>False for a program that neither reads input nor has output: both are where ours are, and only its errors are captured. Two pipes less for each QEMU.</summary>
    public bool HasOutput { get; init; } = true;

    /// <summary>Called with each line of standard output as it comes.</summary>
    public Action<string>? OnOutputLine { get; init; }

    public override string ToString() => ShellQuoting.Join([Program, .. Arguments]);
}

/// <summary>What a program left.</summary>
/// <param name="ExitCode">-1 where it ran out of time and was killed.</param>
/// <param name="Output">Standard output, whole.</param>
/// <param name="Error">Standard error, whole.</param>
public sealed record CommandResult(int ExitCode, string Output, string Error, bool TimedOut)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>Runs programs; the second implementation is the recording one of the tests.</summary>
public interface ICommandRunner
{
    /// <summary>Runs the command to its end and captures what it wrote. A non-zero exit is a result, not an exception.</summary>
    /// <exception cref="CommandNotFoundException">There is no such program.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the program and its children have been killed.</exception>
    Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default);
}

/// <summary>The program is not installed.</summary>
public sealed class CommandNotFoundException(string program, Exception? cause = null)
    : QemuLabException(ErrorKind.Failed, "program-missing", $"{program} is not installed or cannot be run", "run: qemulab doctor", cause);

/// <summary>Runs programs through <see cref="Process"/>, in the shape of CliWrap: describe, then run.</summary>
public sealed class CommandRunner : ICommandRunner
{
    /// <summary>How long the output's end may take after the exit: a background child can hold the pipe open for ever, and a busy host reads late.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        using Process process = await StartAsync(command, cancellation);
        using var timeLimit = new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeLimit.Token);
        if (command.TimeLimit is { } limit)
        {
            timeLimit.CancelAfter(limit);
        }

        // A process leaves the streams that were asked of it to who asked.
        using StreamReader? outputPipe = command.HasOutput ? process.StandardOutput : null;
        using StreamReader errorPipe = process.StandardError;
        var output = new LineCollector(command.OnOutputLine, command.OutputLimit);
        var error = new LineCollector(null, command.OutputLimit);
        Task pumps = Task.WhenAll(outputPipe is null ? Task.CompletedTask : output.PumpAsync(outputPipe), error.PumpAsync(errorPipe));
        try
        {
            await (command.HasOutput ? WriteInputAsync(process, command.Input, both.Token) : Task.CompletedTask);
            await process.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process, command.StopGrace);
            await pumps.WaitAsync(DrainLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            return new CommandResult(-1, output.Text, error.Text, TimedOut: true);
        }

        await pumps.WaitAsync(DrainLimit, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new CommandResult(process.ExitCode, output.Text, error.Text, TimedOut: false);
    }

    /// <summary>
    /// A script that was just written is "busy" for as long as another thread's child, forked in between, has not yet come to
    /// its own exec: milliseconds.
    /// </summary>
    private static async Task<Process> StartAsync(Command command, CancellationToken cancellation)
    {
        const int busy = 26, attempts = 100;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return Start(command);
            }
            catch (CommandNotFoundException cause) when (cause.InnerException is Win32Exception { NativeErrorCode: busy } && attempt < attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), cancellation);
            }
        }
    }

    private static Process Start(Command command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = command.HasOutput,
            RedirectStandardOutput = command.HasOutput,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "",
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

    private static async Task StopAsync(Process process, TimeSpan? grace)
    {
        if (grace is { } patience && !process.HasExited && NativeProcess.Kill(process.Id, NativeProcess.SigTerm) == 0)
        {
            using var limit = new CancellationTokenSource(patience);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        process.Kill(entireProcessTree: true);
    }

    private static async Task WriteInputAsync(Process process, string? input, CancellationToken cancellation)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input; its exit code tells the rest.
        }
    }

    /// <summary>Gathers a pipe as it comes, so that what was written before a kill is kept.</summary>
    private sealed class LineCollector(Action<string>? onLine, int? limit)
    {
        private readonly StringBuilder text = new();
        private readonly StringBuilder line = new();
        private readonly Lock gate = new();

        public string Text
        {
            get
            {
                lock (gate)
                {
                    return limit is { } last && text.Length > last ? text.ToString(text.Length - last, last) : text.ToString();
                }
            }
        }

        public async Task PumpAsync(StreamReader reader)
        {
            char[] buffer = new char[4096];
            for (int count; (count = await ReadAsync(reader, buffer)) > 0;)
            {
                lock (gate)
                {
                    text.Append(buffer, 0, count);
                    if (limit is { } last && text.Length > 2 * (last + buffer.Length))
                    {
                        text.Remove(0, text.Length - last);
                    }
                }

                if (onLine is not null)
                {
                    SplitLines(buffer.AsSpan(0, count));
                }
            }

            if (line.Length > 0)
            {
                onLine?.Invoke(line.ToString());
            }
        }

        /// <summary>Nothing more comes of a pipe that was closed because who had it open would not end.</summary>
        private static async Task<int> ReadAsync(StreamReader reader, char[] buffer)
        {
            try
            {
                return await reader.ReadAsync(buffer);
            }
            catch (Exception closed) when (closed is ObjectDisposedException or IOException or OperationCanceledException)
            {
                return 0;
            }
        }

        private void SplitLines(ReadOnlySpan<char> chunk)
        {
            foreach (char character in chunk)
            {
                if (character == '\n')
                {
                    onLine!(line.ToString());
                    line.Clear();
                }
                else
                {
                    line.Append(character);
                }
            }
        }
    }
}
