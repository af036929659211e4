using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>A file by which an init system knows the daemon.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Text">All of it.</param>
/// <param name="Marker">A line that tells our file from anybody else's.</param>
internal sealed record HostedFile(string Path, string Text, string Marker)
{
    /// <summary>What is there now; null where nothing is.</summary>
    public string? Present => File.Exists(Path) ? File.ReadAllText(Path) : null;

    /// <summary>Whether what is there was written by somebody else.</summary>
    public bool IsForeign => Present is { } text && !text.Contains(Marker, StringComparison.Ordinal);
}

/// <summary>What an init system makes of the daemon at this moment.</summary>
/// <param name="Enabled">Started with the session or the host.</param>
/// <param name="Listening">It holds the daemon's socket and starts the daemon at the first connection.</param>
/// <param name="State">In its own words.</param>
/// <param name="ProcessId">Null where the daemon does not run by it.</param>
internal sealed record HostedState(bool Enabled, bool Listening, string State, int? ProcessId);

/// <summary>What starts daemons on this host: systemd, or launchd on a Mac. Files and commands are data, so that they can be shown first.</summary>
internal abstract class InitSystem(ICommandRunner runner)
{
    protected ICommandRunner Runner => runner;

    /// <summary>As people call it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it listens in the daemon's stead.</summary>
    public abstract bool HoldsSocket { get; }

    /// <summary>Runs before files are changed that it has read already.</summary>
    public abstract IReadOnlyList<Command> BeforeRewriting(bool isSystem);

    /// <summary>Makes it read the files, and start the daemon now and from now on.</summary>
    public abstract IReadOnlyList<Command> AfterWriting(bool isSystem);

    /// <summary>Ends the daemon, and its starting.</summary>
    public abstract IReadOnlyList<Command> BeforeRemoving(bool isSystem);

    public abstract IReadOnlyList<Command> AfterRemoving(bool isSystem);

    public abstract IReadOnlyList<HostedFile> FilesFor(HostedDaemon daemon);

    /// <summary>Asks it for a word; a failure means that it is not there.</summary>
    public abstract Command Ask(bool isSystem);

    public abstract Task<HostedState> LookAsync(bool isSystem);

    /// <summary>The home that the files that are there are for; null where they do not tell.</summary>
    public abstract string? HomeOf(IReadOnlyList<HostedFile> files);

    /// <summary>The user whom a service of the host runs as by the files that are there; null where they do not tell.</summary>
    public abstract string? UserOf(IReadOnlyList<HostedFile> files);

    /// <summary>Null, or what else the user should do for it.</summary>
    public abstract string? Advice(HostedDaemon daemon);

    /// <summary>Whether it does all that it was told to do by the files.</summary>
    public async Task<bool> IsStartedAsync(bool isSystem) => await LookAsync(isSystem) is { Enabled: true } state && (state.Listening || !HoldsSocket);

    /// <summary>Why it cannot be told anything; null where it can.</summary>
    public Task<string?> AbsenceAsync(bool isSystem) => RefusalAsync(Ask(isSystem));

    /// <summary>Runs one of the commands; what it said where it failed, else null.</summary>
    public async Task<string?> RefusalAsync(Command command)
    {
        try
        {
            CommandResult answer = await Runner.RunAsync(command);
            return answer.Succeeded ? null : Words(answer);
        }
        catch (CommandNotFoundException missing)
        {
            return missing.Message;
        }
    }

    private static string Words(CommandResult result) => (result.Error.Trim(), result.Output.Trim()) switch
    {
        ({ Length: > 0 } error, _) => error,
        (_, { Length: > 0 } output) => output,
        _ => $"exit code {result.ExitCode}",
    };
}
