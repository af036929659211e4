using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Fakes;

/// <summary>Answers commands instead of running them, one answer after the other, the last one for ever; and remembers what it was asked.</summary>
internal sealed class ScriptedRunner(params Func<Command, CommandResult>[] answers) : ICommandRunner
{
    private readonly Lock gate = new();

    public List<Command> Asked { get; } = [];

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        Func<Command, CommandResult> answer;
        lock (gate)
        {
            answer = answers[Math.Min(Asked.Count, answers.Length - 1)];
            Asked.Add(command);
        }

        return Task.FromResult(answer(command));
    }

    /// <summary>The program prints these lines and ends well.</summary>
    public static Func<Command, CommandResult> Prints(string output) => command =>
    {
        foreach (string line in output.Split('\n'))
        {
            command.OnOutputLine?.Invoke(line);
        }

        return new CommandResult(0, output, "", TimedOut: false);
    };

    public static Func<Command, CommandResult> Fails(int exitCode, string error) => _ => new CommandResult(exitCode, "", error, TimedOut: false);
}
