using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The lab's way out: slirp in a QEMU process without a machine, so that no C library is needed. Its state is asked of it
/// by QMP each time, never remembered.
/// </summary>
internal sealed class SlirpUplink(NetworkPlan network, string qemuSystem, ICommandRunner runner)
{
    public const string NetId = "nat";

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Whether it runs and answers.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await ListAsync(cancellation);
            return true;
        }
        catch (QemuLabException)
        {
            return false;
        }
    }

    /// <exception cref="QemuLabException">QEMU's own words (code <c>uplink-failed</c>).</exception>
    public async Task<ProcessIdentity> StartAsync(CancellationToken cancellation)
    {
        var command = new Command(qemuSystem, UplinkCommandLine.For(network)) { TimeLimit = TimeSpan.FromSeconds(20), WorkingDirectory = "/" };
        CommandResult result = await runner.RunAsync(command, cancellation);
        await File.WriteAllTextAsync(network.Paths.UplinkLog, $"{command}\n{result.Error}", cancellation);
        if (!result.Succeeded || ProcessIdentity.FromPidFile(network.Paths.UplinkPid) is not { } process)
        {
            string words = result.TimedOut ? "it did not start in time" : result.Error.Trim();
            throw new QemuLabException(ErrorKind.Failed, "uplink-failed", $"the uplink of {network.Name} did not start: {words}", $"the whole command is in {network.Paths.UplinkLog}");
        }

        return process;
    }

    public async Task<IReadOnlyList<HostForward>> ListAsync(CancellationToken cancellation)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(network.Paths.UplinkQmp, TimeLimit, cancellation);
        return HostForward.Parse(await MonitorAsync(qmp, "info usernet", cancellation));
    }

    /// <summary>Adds those that are not there.</summary>
    /// <returns>What the host would not give.</returns>
    public async Task<IReadOnlyList<HostForward>> AddAsync(IEnumerable<HostForward> forwards, CancellationToken cancellation)
    {
        List<HostForward> refused = [];
        await using QmpClient qmp = await QmpClient.ConnectAsync(network.Paths.UplinkQmp, TimeLimit, cancellation);
        IReadOnlyList<HostForward> there = HostForward.Parse(await MonitorAsync(qmp, "info usernet", cancellation));
        foreach (HostForward forward in forwards.Except(there))
        {
            // An empty answer is success; a refusal comes as text, not as an error.
            if (await MonitorAsync(qmp, $"hostfwd_add {NetId} {forward.Rule}", cancellation) != "")
            {
                refused.Add(forward);
            }
        }

        return refused;
    }

    /// <summary>Takes away those of them that are there.</summary>
    public async Task RemoveAsync(IEnumerable<HostForward> forwards, CancellationToken cancellation)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(network.Paths.UplinkQmp, TimeLimit, cancellation);
        IReadOnlyList<HostForward> there = HostForward.Parse(await MonitorAsync(qmp, "info usernet", cancellation));
        foreach (HostForward forward in there.Intersect(forwards))
        {
            await MonitorAsync(qmp, $"hostfwd_remove {NetId} {forward.HostSide}", cancellation);
        }
    }

    private static async Task<string> MonitorAsync(QmpClient qmp, string line, CancellationToken cancellation)
    {
        JsonElement answer = await qmp.ExecuteAsync("human-monitor-command", a => a.WriteString("command-line", line), TimeLimit, cancellation);
        return answer.GetString() ?? "";
    }
}
