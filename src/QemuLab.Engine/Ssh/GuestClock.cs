using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>Sets the clock of a guest that was put back to an earlier moment: for it no time has passed.</summary>
public sealed class GuestClock(StatePaths paths, ICommandRunner runner, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>From the machine's own battery clock, which goes by the host's; where the guest has no tool for it, from the host's time.</summary>
    /// <exception cref="QemuLabException">The guest did not take it; its own words are quoted.</exception>
    public async Task SetAsync(MachinePlan machine, CancellationToken cancellation = default)
    {
        double now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        string script = string.Create(CultureInfo.InvariantCulture, $"hwclock -s -u 2>/dev/null || date -u -s @{now:0.###} >/dev/null || date -u -s @{Math.Round(now):0} >/dev/null");
        Command command = SshCommand.For(paths.SshConfig(machine.Lab), machine.Name, ["sudo", "-n", "sh", "-c", script], RemoteTerminal.No) with { TimeLimit = Limit };
        CommandResult result = await runner.RunAsync(command, cancellation);
        if (!result.Succeeded)
        {
            throw new QemuLabException(ErrorKind.Failed, "clock-not-set", $"{machine.Name}: its clock was not set: {result.Error.Trim()}", $"set it by hand: qemulab exec {machine.Name} -- sudo hwclock -s -u");
        }
    }
}
