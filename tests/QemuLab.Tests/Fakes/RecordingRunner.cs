using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Fakes;

/// <summary>Runs nothing: writes down each command and answers as it is told.</summary>
internal sealed class RecordingRunner(Func<Command, CancellationToken, Task<CommandResult>> answer) : ICommandRunner
{
    private readonly ConcurrentQueue<Command> commands = new();

    public RecordingRunner(Func<Command, CommandResult> answer)
        : this((command, _) => Task.FromResult(answer(command)))
    {
    }

    public RecordingRunner()
        : this(_ => Output(""))
    {
    }

    /// <summary>In the order in which they were started.</summary>
    public IReadOnlyList<Command> Commands => [.. commands];

    public static CommandResult Output(string text, int exitCode = 0) => new(exitCode, text, "", TimedOut: false);

    public static CommandResult Failure(string error, int exitCode = 1) => new(exitCode, "", error, TimedOut: false);

    /// <summary>A program that never ends, with what it wrote before it was killed.</summary>
    public static CommandResult Hang(string output) => new(-1, output, "", TimedOut: true);

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        commands.Enqueue(command);
        return answer(command, cancellation);
    }
}
