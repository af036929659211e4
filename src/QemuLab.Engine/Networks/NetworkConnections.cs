namespace QemuLab.Engine.Networks;

/// <summary>Connects machines to a network that is up, and keeps the record of who is connected.</summary>
internal sealed class NetworkConnections(NetworkPlan network)
{
    private readonly SwitchClient control = new(network.Paths);

    /// <param name="machine">Whose port and forwards come.</param>
    /// <param name="uplink">Null where the network has none.</param>
    /// <param name="cancellation">Stops in between; what was begun is taken back.</param>
    /// <exception cref="QemuLabException">A host port is taken, or forwards are asked for where there is no uplink (code <c>no-way-in</c>).</exception>
    public async Task AddAsync(MachineConnection machine, UplinkSession? uplink, CancellationToken cancellation)
    {
        if (uplink is null && machine.Forwards.Count > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "no-way-in", $"network {network.Name} is isolated: no host port can lead to {machine.Name} on it", "publish the port on another network of the machine");
        }

        NetworkRecord before = NetworkRecord.Load(network.Paths);
        NetworkRecord after = before.With(machine);
        await control.AddPortAsync(machine.Name, cancellation);
        try
        {
            // Written before the forwards are there: after a crash in between, the next one finds all that there may be.
            after.Save(network.Paths);
            if (uplink is not null)
            {
                await uplink.RemoveAsync(before.Forwards(machine.Name).Except(after.Forwards(machine.Name)), cancellation);
                await AddForwardsAsync(after.Forwards(machine.Name), after, uplink, cancellation);
            }
        }
        catch
        {
            await TakeBackAsync(machine.Name, before, after, uplink);
            throw;
        }
    }

    /// <param name="machine">Whose port and forwards go.</param>
    /// <param name="uplink">Null where it does not answer: then there are no forwards.</param>
    /// <param name="cancellation">Stops in between; the record still names the machine then.</param>
    public async Task RemoveAsync(MachineConnection machine, UplinkSession? uplink, CancellationToken cancellation)
    {
        NetworkRecord before = NetworkRecord.Load(network.Paths);
        if (uplink is not null)
        {
            await uplink.RemoveAsync(before.Forwards(machine.Name).Concat(before.With(machine).Forwards(machine.Name)), cancellation);
        }

        await RemovePortAsync(machine.Name, cancellation);
        before.Without(machine.Name).Save(network.Paths);
    }

    /// <summary>Restores all forwards that can be; one port that somebody took meanwhile must not cost the other machines theirs.</summary>
    public Task RestoreAsync(UplinkSession uplink, CancellationToken cancellation)
    {
        NetworkRecord record = NetworkRecord.Load(network.Paths);
        return AddForwardsAsync(record.Forwards(), record, uplink, cancellation);
    }

    private static async Task AddForwardsAsync(IEnumerable<HostForward> forwards, NetworkRecord record, UplinkSession uplink, CancellationToken cancellation)
    {
        if (await uplink.AddAsync(forwards, cancellation) is [var refused, ..])
        {
            string? other = record.Connections.FirstOrDefault(connection => connection.HostForwards().Any(f => f.HostSide == refused.HostSide && f != refused))?.Name;
            throw other is not null
                ? new QemuLabException(ErrorKind.Failed, "port-taken", $"host port {refused.HostSide} leads to {other} of this lab already", "choose another host port in the lab file")
                : PortProbe.Taken(refused.HostAddress, refused.HostPort, refused.Protocol);
        }
    }

    /// <summary>As it was before; what cannot be undone is left to the next BringUp, which goes by the record.</summary>
    private async Task TakeBackAsync(string name, NetworkRecord before, NetworkRecord after, UplinkSession? uplink)
    {
        before.Save(network.Paths);
        try
        {
            if (uplink is not null)
            {
                await uplink.RemoveAsync(after.Forwards(name).Except(before.Forwards(name)), CancellationToken.None);
                await uplink.AddAsync(before.Forwards(name), CancellationToken.None);
            }

            if (!before.Connections.Any(connection => connection.Name == name))
            {
                await RemovePortAsync(name, CancellationToken.None);
            }
        }
        catch (QemuLabException)
        {
            // The first error is the one to report.
        }
    }

    private async Task RemovePortAsync(string name, CancellationToken cancellation)
    {
        if (await control.FindAsync(cancellation) is not null)
        {
            await control.RemovePortAsync(name, cancellation);
        }

        NetworkFiles.RemovePort(network.Paths, name);
    }
}
