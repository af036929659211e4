using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Teaches a running machine the names of machines that the lab has got since its first boot: the lab's lines of its
/// /etc/hosts are replaced, everything else in the file stays.
/// </summary>
public sealed class HostsRefresh(StatePaths paths, ICommandRunner runner)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="QemuLabException">The file could not be changed; the guest's own words are quoted.</exception>
    public async Task RunAsync(MachinePlan machine, LabPlan lab, CancellationToken cancellation = default)
    {
        // Names and addresses have no character that a shell or sed would take for anything else. The file is written in
        // place, because in some guests it is a mount of its own.
        string script = $"""
            new=/tmp/hosts.qemulab.$$
            sed '/^{EtcHosts.FenceBegin(lab.Name)}$/,/^{EtcHosts.FenceEnd(lab.Name)}$/d' /etc/hosts >$new && cat >>$new && cat $new >/etc/hosts
            code=$?; rm -f $new; exit $code
            """;
        Command command = SshCommand.For(paths.SshConfig(lab.Name), machine.Name, ["sudo", "-n", "sh", "-c", script], RemoteTerminal.No) with
        {
            Input = EtcHosts.Block(lab),
            TimeLimit = Limit,
        };
        CommandResult result = await runner.RunAsync(command, cancellation);
        if (!result.Succeeded)
        {
            throw new QemuLabException(ErrorKind.Failed, "names-not-told", $"{machine.Name} was not told the new machines' names: {result.Error.Trim()}", $"it knows them after: qemulab restart {machine.Name}");
        }
    }
}
