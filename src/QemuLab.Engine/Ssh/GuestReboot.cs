using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>Asks a guest to boot anew by itself, as its own <c>reboot</c> does.</summary>
public sealed class GuestReboot(StatePaths paths, ICommandRunner runner)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Returns when the guest has taken it; the connection may be lost in doing so.</summary>
    /// <exception cref="QemuLabException">The guest did not take it; its own words are quoted.</exception>
    public async Task AskAsync(MachinePlan machine, CancellationToken cancellation = default)
    {
        // In the background and a moment later, so that the answer comes through before the connection goes.
        const string Script = "command -v reboot >/dev/null || exit 127; (sleep 0.2; reboot) </dev/null >/dev/null 2>&1 &";
        Command command = SshCommand.For(paths.SshConfig(machine.Lab), machine.Name, ["sudo", "-n", "sh", "-c", Script], RemoteTerminal.No) with { TimeLimit = Limit };
        CommandResult result = await runner.RunAsync(command, cancellation);
        if (!result.Succeeded)
        {
            throw new QemuLabException(ErrorKind.Failed, "reboot-refused", $"{machine.Name}: its guest did not take the reboot: {result.Error.Trim()}", $"press its reset button instead: qemulab reset {machine.Name}");
        }
    }
}
