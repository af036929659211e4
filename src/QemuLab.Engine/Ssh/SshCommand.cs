using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>Whether ssh gives the remote command a terminal.</summary>
public enum RemoteTerminal
{
    /// <summary>ssh decides: yes for a login, no for a command.</summary>
    Auto,
    Yes,
    No,
}

/// <summary>The argument lists for reaching a machine with OpenSSH's own client through the lab's ssh_config.</summary>
public static class SshCommand
{
    /// <summary>
    /// A login, or a command. A single word is a line for the remote shell (<c>'cd /tmp &amp;&amp; ls'</c>), as people know it from ssh;
    /// several words arrive as the same several words (<c>printf '%s\n' 'a b'</c> prints one line), where ssh itself would run
    /// them together with spaces.
    /// </summary>
    public static Command For(string configPath, string machine, IReadOnlyList<string> command, RemoteTerminal terminal = RemoteTerminal.Auto)
    {
        string[] flag = terminal switch { RemoteTerminal.Yes => ["-t"], RemoteTerminal.No => ["-T"], _ => [] };
        string[] remote = command.Count > 0 ? ["--", Line(command)] : [];
        return new Command("ssh", ["-F", configPath, .. flag, machine, .. remote]);
    }

    /// <summary>What the remote shell is given for one word or for several.</summary>
    public static string Line(IReadOnlyList<string> command) => command is [var line] ? line : RemoteShell.Join(command);

    /// <summary>Ends the machine's shared connection, and every session in it. Exit code 255 where there is none.</summary>
    public static Command CloseMaster(string configPath, string machine) =>
        new("ssh", "-F", configPath, "-O", "exit", machine) { TimeLimit = TimeSpan.FromSeconds(5) };

    /// <summary>The same, run; that there was none is no error.</summary>
    public static async Task CloseMasterAsync(string configPath, MachinePlan machine, ICommandRunner runner)
    {
        if (File.Exists(machine.Directory.SshMaster))
        {
            await runner.RunAsync(CloseMaster(configPath, machine.Name));
        }
    }
}
