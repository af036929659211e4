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
    private const int SshFailed = 255;

    /// <summary>The guest's exit code.</summary>
    /// <exception cref="GuestCommandException">The command could not be run.</exception>
    public static int Run(Cli cli, string name, string[] command, bool terminal)
    {
        MachineView machine = Find(cli, name);
        string config = machine.Ssh?.Config ?? throw new GuestCommandException("not-in-lab", $"{machine.Name} is no longer in its lab file");
        if (machine.State != MachineState.Running)
        {
            throw new GuestCommandException("not-running", $"{machine.Name} is not running: {machine.Status}", machine.Hint ?? $"run: qemulab start {machine.Name}");
        }

        bool wantsTerminal = terminal && command.Length > 0 && !Console.IsInputRedirected;
        int code = Ssh(Engine.Ssh.SshCommand.For(config, machine.Name, command, wantsTerminal ? RemoteTerminal.Yes : RemoteTerminal.Auto).Arguments, quiet: false);
        return code == SshFailed && Ssh(["-F", config, "-O", "check", machine.Name], quiet: true) != 0
            ? throw new GuestCommandException("no-connection", $"{machine.Name} cannot be reached by SSH ({machine.Status})", $"see: qemulab logs {machine.Name}")
            : code;
    }

    private static MachineView Find(Cli cli, string name)
    {
        try
        {
            return MachineNames.One(cli, name);
        }
        catch (QemuLabException error)
        {
            throw new GuestCommandException(error.Code, error.Message, error.Hint, error);
        }
    }

    private static int Ssh(IReadOnlyList<string> arguments, bool quiet)
    {
        try
        {
            using IDisposable interrupts = Interrupts.LeaveToChild();
            using Process ssh = Process.Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardError = quiet, RedirectStandardOutput = quiet })!;
            ssh.WaitForExit();
            return ssh.ExitCode;
        }
        catch (Win32Exception cause)
        {
            throw new GuestCommandException("program-missing", $"ssh cannot be run: {cause.Message}", "run: qemulab doctor", cause);
        }
    }
}
