using System.ComponentModel;
using System.Diagnostics;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Commands;

/// <summary>Runs OpenSSH's own client with the lab's configuration: the user's agent and terminal just work.</summary>
internal static class GuestShell
{
    /// <summary>What ssh ends with where it has no connection, but a guest's command may end with it too.</summary>
    public const int SshFailed = 255;

    /// <summary>The guest's exit code.</summary>
    /// <exception cref="GuestCommandException">The command could not be run.</exception>
    public static int Run(Cli cli, string name, string[] command, bool terminal) => Run(Own(() => MachineNames.One(cli, name)), command, terminal);

    /// <inheritdoc cref="Run(Cli, string, string[], bool)"/>
    public static int Run(MachineView machine, string[] command, bool terminal)
    {
        string config = Own(() => ConfigOf(machine));
        bool wantsTerminal = terminal && command.Length > 0 && !Console.IsInputRedirected;
        int code = Ssh(Engine.Ssh.SshCommand.For(config, machine.Name, command, wantsTerminal ? RemoteTerminal.Yes : RemoteTerminal.Auto).Arguments, quiet: false);
        return code == SshFailed && !IsConnected(machine, config) ? Own<int>(() => throw NoConnection(machine)) : code;
    }

    /// <summary>The ssh configuration by which a machine that runs is reached.</summary>
    /// <exception cref="QemuLabException">It does not run, or has no place in its lab any more.</exception>
    public static string ConfigOf(MachineView machine) => machine switch
    {
        { Ssh: null } => throw new QemuLabException(ErrorKind.Conflict, "not-in-lab", $"{machine.Name} is no longer in its lab file"),
        { State: not MachineState.Running } => throw new QemuLabException(ErrorKind.Conflict, "not-running", $"{machine.Name} is not running: {machine.Status}", machine.Hint ?? $"run: qemulab start {machine.Name}"),
        { Ssh.Config: { } config } => config,
    };

    /// <summary>Whether the shared connection is there, after ssh has ended with its own code or the guest's: then it was the guest's.</summary>
    public static bool IsConnected(MachineView machine, string config) => Ssh(["-F", config, "-O", "check", machine.Name], quiet: true) == 0;

    public static QemuLabException NoConnection(MachineView machine) =>
        new(ErrorKind.Failed, "no-connection", $"{machine.Name} cannot be reached by SSH ({machine.Status})", $"see: qemulab logs {machine.Name}");

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

    private static int Ssh(IReadOnlyList<string> arguments, bool quiet)
    {
        using IDisposable interrupts = Interrupts.LeaveToChild();
        using Process ssh = Own(() => Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardError = quiet, RedirectStandardOutput = quiet }));
        ssh.WaitForExit();
        return ssh.ExitCode;
    }
}
