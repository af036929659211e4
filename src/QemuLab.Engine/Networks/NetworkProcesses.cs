using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>Starts, finds and ends the two processes of one network.</summary>
internal sealed class NetworkProcesses(NetworkPlan network, Command self, SlirpUplink uplink, ICommandRunner runner)
{
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(3);

    private readonly SwitchClient control = new(network.Paths);
    private bool startedSwitch;
    private bool startedUplink;

    private NetworkPaths Paths => network.Paths;

    /// <summary>Starts what does not answer, after ending what is left of it.</summary>
    /// <returns>A conversation with the uplink; null where the network has none.</returns>
    public async Task<UplinkSession?> BringUpAsync(CancellationToken cancellation)
    {
        NetworkRecord record = await BringUpSwitchAsync(NetworkRecord.Load(Paths), cancellation);
        IEnumerable<string> ports = [.. record.Connections.Select(connection => connection.Name), .. network.HasUplink ? [NetworkPaths.UplinkPort] : Array.Empty<string>()];
        foreach (string port in ports.Except((await control.ListAsync(cancellation)).Select(port => port.Name)))
        {
            await control.AddPortAsync(port, cancellation);
        }

        if (!network.HasUplink)
        {
            return null;
        }

        if (await uplink.FindAsync(cancellation) is { } session)
        {
            return session;
        }

        await EndUplinkAsync(cancellation);
        startedUplink = true;
        record = record with { Uplink = await uplink.StartAsync(cancellation) };
        record.Save(Paths);
        return await uplink.OpenAsync(cancellation);
    }

    /// <summary>A switch that answers and knows its network. One of an older qemulab, which does not understand, is replaced under its machines.</summary>
    private async Task<NetworkRecord> BringUpSwitchAsync(NetworkRecord record, CancellationToken cancellation)
    {
        var configuration = SwitchConfiguration.Of(network);
        try
        {
            await control.ConfigureAsync(configuration, cancellation);

            // Those that are served already; what is new, or has to be taken back, comes once the forwards are there.
            if (BalancedForwards.Published(record) is { Count: > 0 } published)
            {
                await control.PublishAsync(published, cancellation);
            }

            return record;
        }
        catch (QemuLabException)
        {
            // Not there, or too old.
        }

        await EndSwitchAsync(cancellation);
        startedSwitch = true;
        record = record with { Switch = await StartSwitchAsync(cancellation) };
        record.Save(Paths);
        await control.ConfigureAsync(configuration, cancellation);
        return record;
    }

    /// <summary>Ends what <see cref="BringUpAsync"/> has started; what ran before goes on.</summary>
    public async Task TakeBackAsync()
    {
        if (startedUplink)
        {
            await EndUplinkAsync(CancellationToken.None);
        }

        if (startedSwitch)
        {
            await EndSwitchAsync(CancellationToken.None);
        }
    }

    public async Task EndAsync(CancellationToken cancellation)
    {
        await EndUplinkAsync(cancellation);
        await EndSwitchAsync(cancellation);
    }

    private Task<ProcessIdentity> StartSwitchAsync(CancellationToken cancellation) => DetachedProcess.StartAsync(
        self with { Arguments = [.. self.Arguments, "switch", "--directory", Paths.Directory], TimeLimit = TimeSpan.FromSeconds(20) }, cancellation);

    private Task EndSwitchAsync(CancellationToken cancellation) =>
        EndAsync(NetworkRecord.Load(Paths).Switch, Paths.SwitchPid, $"switch --directory {Paths.Directory}", cancellation);

    /// <summary>Known by its pid file: the one path in QEMU's command line in which a comma is not doubled.</summary>
    private Task EndUplinkAsync(CancellationToken cancellation) =>
        EndAsync(NetworkRecord.Load(Paths).Uplink, Paths.UplinkPid, Paths.UplinkPid, cancellation);

    /// <summary>
    /// Ends the process that the record or else the pid file names, but only if its command line carries our mark: a pid
    /// file that a crash left may name anybody's process by now.
    /// </summary>
    private async Task EndAsync(ProcessIdentity? recorded, string pidFile, string mark, CancellationToken cancellation)
    {
        ProcessIdentity? process = recorded is { IsAlive: true } ? recorded : ProcessIdentity.FromPidFile(pidFile);
        if (process is not null && (await process.CommandLineAsync(runner, cancellation)).Contains(mark, StringComparison.Ordinal))
        {
            await process.EndAsync(GracePeriod, cancellation);
        }
    }
}
