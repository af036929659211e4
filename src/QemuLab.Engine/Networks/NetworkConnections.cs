using QemuLab.Engine.Networks.Balancing;

namespace QemuLab.Engine.Networks;

/// <summary>Connects machines to a network that is up, and keeps the record of who is connected.</summary>
internal sealed class NetworkConnections(NetworkPlan network)
{
    /// <summary>How often a forward of ours is moved to another port, because somebody took the free one before slirp had it.</summary>
    private const int MostMoves = 5;

    private const int MostTries = 10;

    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(50);

    private readonly SwitchClient control = new(network.Paths);

    /// <param name="machines">Whose ports and forwards come: all, or none.</param>
    /// <param name="uplink">Null where the network has none.</param>
    /// <param name="cancellation">Stops in between; what was begun is taken back.</param>
    /// <exception cref="QemuLabException">A host port is taken, or forwards are asked for where there is no uplink (code <c>no-way-in</c>).</exception>
    public async Task AddAsync(IReadOnlyList<MachineConnection> machines, UplinkSession? uplink, CancellationToken cancellation)
    {
        if (uplink is null && machines.FirstOrDefault(machine => machine.Forwards.Count > 0) is { } shut)
        {
            throw new QemuLabException(ErrorKind.Failed, "no-way-in", $"network {network.Name} is isolated: no host port can lead to {shut.Name} on it", "publish the port on another network of the machine");
        }

        string[] names = [.. machines.Select(machine => machine.Name)];
        NetworkRecord before = NetworkRecord.Load(network.Paths);
        NetworkRecord after = machines.Aggregate(before, (record, machine) => record.With(machine, uplink is null ? [] : BalancedForwards.For(network, machine.Name, before)));
        try
        {
            await control.AddPortsAsync(names, cancellation);

            // Written before the forwards are there: after a crash in between, the next one finds all that there may be.
            after.Save(network.Paths);
            if (uplink is not null)
            {
                await uplink.RemoveAsync(before.Forwards(names).Except(after.Forwards(names)), cancellation);
                await PublishAsync(before, await AddForwardsAsync(names, after, uplink, cancellation), cancellation);
            }
        }
        catch
        {
            await TakeBackAsync(names, before, uplink);
            throw;
        }
    }

    /// <param name="machines">Whose ports and forwards go.</param>
    /// <param name="uplink">Null where it does not answer: then there are no forwards.</param>
    /// <param name="cancellation">Stops in between; the record still names the machines then.</param>
    public async Task RemoveAsync(IReadOnlyList<MachineConnection> machines, UplinkSession? uplink, CancellationToken cancellation)
    {
        string[] names = [.. machines.Select(machine => machine.Name)];
        NetworkRecord before = NetworkRecord.Load(network.Paths);
        if (BalancedForwards.Published(before).Count > 0 && await control.FindAsync(cancellation) is not null)
        {
            await control.PublishAsync(BalancedForwards.Published(before.Without(names)), cancellation);
        }

        if (uplink is not null)
        {
            NetworkRecord planned = machines.Aggregate(before, (record, machine) => record.With(machine));
            await uplink.RemoveAsync(before.Forwards(names).Concat(planned.Forwards(names)), cancellation);
        }

        await RemovePortsAsync(names, cancellation);
        before.Without(names).Save(network.Paths);
    }

    /// <summary>
    /// Restores all forwards that can be, and makes balanced ports what the plan says; one port that somebody took meanwhile
    /// must not cost the other machines theirs.
    /// </summary>
    public async Task RestoreAsync(UplinkSession uplink, CancellationToken cancellation)
    {
        NetworkRecord before = NetworkRecord.Load(network.Paths);
        NetworkRecord after = BalancedForwards.Planned(network, before);
        after.Save(network.Paths);
        await uplink.RemoveAsync(before.Forwards().Except(after.Forwards()), cancellation);
        await PublishAsync(before, await AddForwardsAsync([.. after.Connections.Select(connection => connection.Name)], after, uplink, cancellation), cancellation);
    }

    /// <param name="names">Whose.</param>
    /// <param name="record">Says which.</param>
    /// <param name="uplink">Where they come.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <returns>The record, in which a forward of our own choice may have moved.</returns>
    private async Task<NetworkRecord> AddForwardsAsync(string[] names, NetworkRecord record, UplinkSession uplink, CancellationToken cancellation)
    {
        for (int moves = 0; await uplink.AddAsync(record.Forwards(names), cancellation) is { Count: > 0 } refused; moves++)
        {
            HostForward[] asked = [.. refused.Where(refusal => !record.Connections.Any(connection => connection.Balanced.Any(one => connection.Forward(one) == refusal)))];
            if (asked.Length > 0 || moves == MostMoves)
            {
                throw Refusal(asked.FirstOrDefault(refused[0]), record);
            }

            record = BalancedForwards.Moved(record, refused);
            record.Save(network.Paths);
        }

        return record;
    }

    private static QemuLabException Refusal(HostForward refused, NetworkRecord record)
    {
        string? other = record.Connections.FirstOrDefault(connection => connection.HostForwards().Any(f => f.HostSide == refused.HostSide && f != refused))?.Name;
        return other is not null
            ? new QemuLabException(ErrorKind.Failed, "port-taken", $"host port {refused.HostSide} leads to {other} of this lab already", "choose another host port in the lab file")
            : PortProbe.Taken(refused.HostAddress, refused.HostPort, refused.Protocol);
    }

    /// <summary>Lets the switch serve what the record has; most networks have nothing, and had nothing before.</summary>
    /// <exception cref="QemuLabException">Somebody else has one of the ports; the others are served.</exception>
    private async Task PublishAsync(NetworkRecord before, NetworkRecord record, CancellationToken cancellation)
    {
        if (BalancedForwards.Published(before).Count + BalancedForwards.Published(record).Count == 0)
        {
            return;
        }

        for (int tries = 1; await control.PublishAsync(BalancedForwards.Published(record), cancellation) is [PublishedPort refused, ..]; tries++)
        {
            if (tries == MostTries || PortHolder.Find(refused.EndPoint.Address, refused.HostPort, refused.Protocol) is not null)
            {
                throw PortProbe.Taken(refused.EndPoint.Address, refused.HostPort, refused.Protocol);
            }

            // Nobody that can be named: a former switch that was killed is gone before the last of its threads lets its sockets go.
            await Task.Delay(TryAgain, cancellation);
        }
    }

    /// <summary>As it was before; what cannot be undone is left to the next BringUp, which goes by the record.</summary>
    private async Task TakeBackAsync(string[] names, NetworkRecord before, UplinkSession? uplink)
    {
        // Not what was planned: a forward may have moved since.
        NetworkRecord after = NetworkRecord.Load(network.Paths);
        before.Save(network.Paths);
        try
        {
            if (uplink is not null)
            {
                await control.PublishAsync(BalancedForwards.Published(before), CancellationToken.None);
                await uplink.RemoveAsync(after.Forwards(names).Except(before.Forwards(names)), CancellationToken.None);
                await uplink.AddAsync(before.Forwards(names), CancellationToken.None);
            }

            await RemovePortsAsync([.. names.Except(before.Connections.Select(connection => connection.Name))], CancellationToken.None);
        }
        catch (QemuLabException)
        {
            // The first error is the one to report.
        }
    }

    private async Task RemovePortsAsync(string[] names, CancellationToken cancellation)
    {
        try
        {
            await control.RemovePortsAsync(names, cancellation);
        }
        catch (QemuLabException gone) when (gone.Code == SwitchClient.Unreachable)
        {
            // There is no switch, and so no port.
        }

        Array.ForEach(names, name => NetworkFiles.RemovePort(network.Paths, name));
    }
}
