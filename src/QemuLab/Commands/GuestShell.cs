using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Ssh;

namespace QemuLab.Commands;

/// <summary>Runs OpenSSH's own client with the lab's configuration: the user's agent and terminal just work.</summary>
internal static class GuestShell
{
    /// <summary>What ssh ends with where it has no connection, but a guest's command may end with it too.</summary>
    public const int SshFailed = 255;

    /// <summary>The guest's exit code.</summary>
    /// <exception cref="GuestCommandException">The command could not be run.</exception>
    public static int Run(Cli cli, string name, string[] command, bool terminal) => Run(cli, Own(() => MachineNames.OneLogin(cli, name)), command, terminal);

    /// <inheritdoc cref="Run(Cli, string, string[], bool)"/>
    public static int Run(Cli cli, MachineLoginView machine, string[] command, bool terminal)
    {
        string config = Own(() => ConfigOf(machine));
        bool wantsTerminal = terminal && command.Length > 0 && !Console.IsInputRedirected;
        int? inSession = command.Length > 0 && !wantsTerminal ? InSession(cli, machine, command) : null;
        int code = inSession ?? Ssh(Engine.Ssh.SshCommand.For(config, machine.Name, command, wantsTerminal ? RemoteTerminal.Yes : RemoteTerminal.Auto).Arguments, quiet: false);
        return code == SshFailed && !IsConnected(machine, config) ? Own<int>(() => throw NoConnection(cli, machine, hasBegun: inSession is not null)) : code;
    }

    /// <summary>The ssh configuration by which a machine that runs is reached.</summary>
    /// <exception cref="QemuLabException">It does not run, or has no place in its lab any more.</exception>
    public static string ConfigOf(MachineLoginView machine) => machine switch
    {
        { SshConfig: null } => throw new QemuLabException(ErrorKind.Conflict, "not-in-lab", $"{machine.Name} is no longer in its lab file"),
        { IsRunning: false } => throw new QemuLabException(ErrorKind.Conflict, "not-running", $"{machine.Name} is not running: {machine.Status}", machine.Hint ?? $"run: qemulab start {machine.Name}"),
        { SshConfig: { } config } => config,
    };

    /// <summary>The socket of the connection that is shared by all that is done in a machine.</summary>
    public static string MasterOf(Cli cli, MachineLoginView machine) => cli.Paths.Machine(machine.Lab, machine.Name).SshMaster;

    /// <summary>Whether the shared connection is there, after ssh has ended with its own code or the guest's: then it was the guest's.</summary>
    public static bool IsConnected(MachineLoginView machine, string config) => Ssh(["-F", config, "-O", "check", machine.Name], quiet: true) == 0;

    /// <summary>With what is so of the machine by now, for its end may be what ended the connection.</summary>
    /// <param name="cli">Asks the daemon.</param>
    /// <param name="before">The machine as it was when a connection was wanted.</param>
    /// <param name="hasBegun">The command has begun: the connection was there.</param>
    public static QemuLabException NoConnection(Cli cli, MachineLoginView before, bool hasBegun)
    {
        MachineLoginView machine = Anew(cli, before);
        string see = $"see: qemulab logs {machine.Name}";
        string what = hasBegun ? $"the connection to {machine.Name} broke off" : $"{machine.Name} cannot be reached by SSH";
        string hint = (machine.IsRunning, hasBegun) switch
        {
            (false, _) => machine.Hint ?? see,
            (true, true) => $"what was begun may go on in it; {see}",
            (true, false) => see,
        };
        return new(ErrorKind.Failed, "no-connection", $"{what} ({machine.Status})", hint);
    }

    /// <summary>What fails here is a failure of ours, with the exit code that guests leave for it; but a wrong command line stays one.</summary>
    public static T Own<T>(Func<T> find)
    {
        try
        {
            return find();
        }
        catch (QemuLabException error) when (error is not GuestCommandException && error.Kind != ErrorKind.Usage)
        {
            throw new GuestCommandException(error.Code, error.Message, error.Hint, error);
        }
    }

    /// <summary>A client of OpenSSH's.</summary>
    /// <exception cref="QemuLabException">There is none on this host.</exception>
    public static Process Start(ProcessStartInfo program)
    {
        try
        {
            return Process.Start(program)!;
        }
        catch (Win32Exception cause)
        {
            throw new QemuLabException(ErrorKind.Failed, "program-missing", $"{program.FileName} cannot be run: {cause.Message}", "run: qemulab doctor", cause);
        }
    }

    /// <summary>Over the connection that is open, with our own standard input and outputs; null: there is none.</summary>
    /// <exception cref="OperationCanceledException">Ctrl-C; that the command may go on has been said.</exception>
    private static int? InSession(Cli cli, MachineLoginView machine, string[] command)
    {
        SafeFileHandle[] standard = [new(0, ownsHandle: false), new(1, ownsHandle: false), new(2, ownsHandle: false)];
        using MuxSession? session = MuxSession.Open(MasterOf(cli, machine), Engine.Ssh.SshCommand.Line(command), standard[0], standard[1], standard[2]);
        if (session is null)
        {
            return null;
        }

        using var interrupts = new Interrupts(session.Dispose);
        int? code = session.Wait();
        if (code is null && interrupts.Seen)
        {
            cli.Terminal.Note($"interrupted here; what was begun may go on in {machine.Name}");
            throw new OperationCanceledException();
        }

        return code ?? SshFailed;
    }

    /// <summary>As the daemon knows it now; as it was known where that cannot be asked.</summary>
    private static MachineLoginView Anew(Cli cli, MachineLoginView before)
    {
        try
        {
            return MachineNames.OneLogin(cli, $"{before.Lab}/{before.Name}");
        }
        catch (QemuLabException)
        {
            return before;
        }
    }

    private static int Ssh(IReadOnlyList<string> arguments, bool quiet)
    {
        using IDisposable interrupts = Interrupts.LeaveToChild();
        using Process ssh = Own(() => Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardError = quiet, RedirectStandardOutput = quiet }));
        ssh.WaitForExit();
        return ssh.ExitCode;
    }
}
