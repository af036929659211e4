using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Hooks;

/// <summary>Does what a hook asks for, once.</summary>
/// <param name="runner">Runs the commands.</param>
/// <param name="post">Sends the notes.</param>
/// <param name="clock">Times them.</param>
/// <param name="home">QemuLab's home, so that a command that calls it speaks to the same daemon.</param>
internal sealed class HookRunner(ICommandRunner runner, HookPost post, TimeProvider clock, string home)
{
    /// <summary>Characters of what a hook says that are kept.</summary>
    public const int OutputLimit = 4096;

    /// <param name="hook">What is to be done.</param>
    /// <param name="number">Its number in the lab file, from 1.</param>
    /// <param name="note">What it is told.</param>
    /// <param name="cancellation">The daemon ends: the command is ended too.</param>
    public async Task<HookRun> RunAsync(HookSpec hook, int number, HookNote note, CancellationToken cancellation)
    {
        DateTimeOffset begun = clock.GetUtcNow();
        long start = clock.GetTimestamp();
        note = note with { Id = Guid.NewGuid() };
        HookEnd end;
        try
        {
            end = hook.Action switch
            {
                HookAction.Run run => await RunAsync(run, hook.Timeout, note, cancellation),
                HookAction.Post url => await post.SendAsync(url, hook.Timeout, note, cancellation),
                _ => throw new InvalidOperationException($"{hook.Action} is no action"),
            };
        }
        catch (OperationCanceledException)
        {
            end = new HookEnd(HookOutcome.Interrupted, null, 1, "the daemon was ended meanwhile", null);
        }

        double seconds = Math.Round(clock.GetElapsedTime(start).TotalSeconds, 3);
        return new HookRun(begun, number, note.Event, note.Machine?.Name, hook.Action.ToString()!, end.Outcome, end.Code, seconds, end.Attempts, end.Message, end.Output);
    }

    private async Task<HookEnd> RunAsync(HookAction.Run run, TimeSpan timeout, HookNote note, CancellationToken cancellation)
    {
        var command = new Command(run.Program, run.Arguments)
        {
            Input = note.ToJson() + "\n",
            TimeLimit = timeout,
            WorkingDirectory = run.Folder,
            OutputLimit = OutputLimit,
            Environment = new Dictionary<string, string?>(OwnRuntime.Variables.Select(variable => KeyValuePair.Create(variable.Key, (string?)null)))
            {
                ["QEMULAB_HOME"] = home,
                ["QEMULAB_EVENT"] = note.Event,
                ["QEMULAB_LAB"] = note.Lab,
                ["QEMULAB_MACHINE"] = note.Machine?.Name,
            },
        };
        try
        {
            CommandResult result = await runner.RunAsync(command, cancellation);
            string? output = Tail((result.Output + result.Error).TrimEnd());
            return result switch
            {
                { TimedOut: true } => new(HookOutcome.TimedOut, null, 1, string.Create(CultureInfo.InvariantCulture, $"it was still running after {timeout.TotalSeconds:0}s and was ended"), output),
                { Succeeded: true } => new(HookOutcome.Done, 0, 1, null, output),
                _ => new(HookOutcome.Failed, result.ExitCode, 1, $"it ended with code {result.ExitCode}{LastLine(output)}", output),
            };
        }
        catch (CommandNotFoundException missing)
        {
            string why = Directory.Exists(run.Folder) ? missing.Message : $"its folder {run.Folder} is not there";
            return new(HookOutcome.Failed, null, 1, why, null);
        }
    }

    /// <summary>The end of a text.</summary>
    internal static string? Tail(string text) => text.Length == 0 ? null : text.Length <= OutputLimit ? text : text[^OutputLimit..];

    private static string LastLine(string? output) =>
        output?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? $": {last}" : "";
}

/// <summary>How one went.</summary>
internal sealed record HookEnd(HookOutcome Outcome, int? Code, int Attempts, string? Message, string? Output);
