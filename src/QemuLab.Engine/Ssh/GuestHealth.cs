using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Asks a guest's health check once, through its SSH connection: so that it is the same on every kind of network, and needs
/// no program in the guest.
/// </summary>
public sealed class GuestHealth(StatePaths paths, ICommandRunner runner)
{
    private const int QuotedCharacters = 200;

    /// <summary>Null where the machine is healthy, else what it answered.</summary>
    public async Task<string?> AskAsync(MachinePlan machine, HealthCheck check, CancellationToken cancellation = default)
    {
        CommandResult result = await runner.RunAsync(Question(machine, check.Question) with { TimeLimit = check.Timeout }, cancellation);
        return result switch
        {
            { TimedOut: true } => string.Create(CultureInfo.InvariantCulture, $"{check.Question}: no answer within {check.Timeout.TotalSeconds:0.#} s"),
            { Succeeded: false } => $"{check.Question}: {(check.Question is HealthQuestion.Exec ? "" : "no connection: ")}{FirstLine(result.Error) ?? string.Create(CultureInfo.InvariantCulture, $"ended with {result.ExitCode}")}",
            _ when check.Question is HealthQuestion.Http http => StatusFault(http, result.Output),
            _ => null,
        };
    }

    private Command Question(MachinePlan machine, HealthQuestion question)
    {
        string config = paths.SshConfig(machine.Lab);
        Command Connection(int port) => new("ssh", "-F", config, "-o", "BatchMode=yes", "-W", string.Create(CultureInfo.InvariantCulture, $"{machine.Address}:{port}"), machine.Name);
        return question switch
        {
            HealthQuestion.Tcp tcp => Connection(tcp.Port),
            HealthQuestion.Http http => Connection(http.Port) with { Input = $"GET {http.Path} HTTP/1.0\r\nHost: {machine.Name}\r\nConnection: close\r\n\r\n" },
            HealthQuestion.Exec exec => SshCommand.For(config, machine.Name, [exec.Line], RemoteTerminal.No),
            _ => throw new ArgumentOutOfRangeException(nameof(question)),
        };
    }

    /// <summary><c>HTTP/1.1 200 OK</c>.</summary>
    private static string? StatusFault(HealthQuestion.Http http, string answer)
    {
        string line = FirstLine(answer) ?? "an empty answer";
        string[] words = line.Split(' ');
        bool isGood = words.Length > 1 && words[0].StartsWith("HTTP/", StringComparison.Ordinal) && words[1] == http.Status.ToString(CultureInfo.InvariantCulture);
        return isGood ? null : $"{http}: {line}";
    }

    private static string? FirstLine(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() is { } line ? line[..Math.Min(line.Length, QuotedCharacters)] : null;
}
