using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The network that is the host's own: a Linux bridge with a tap for each machine, routed and masqueraded; or, in the mode
/// existing, taps on a bridge that somebody else owns. What is ours is known by its alias, so that a later process finds it.
/// </summary>
public sealed class LinuxBridgeNetwork : INetworkBackend
{
    /// <summary>Forwarding, and the record of it, are the host's: one call at a time for all labs.</summary>
    private static readonly SemaphoreSlim Turn = new(1, 1);

    private readonly PrivilegedNetwork host;
    private readonly TapOwner owner;
    private readonly NetworkNotices? notices;
    private readonly NetworkRights rights;

    /// <param name="rights">Runs ip, nft, sysctl and tc.</param>
    /// <param name="owner">The user that QEMU runs as; null: this process's.</param>
    /// <param name="notices">Told of firewalls that stand in the way of a new bridge.</param>
    public LinuxBridgeNetwork(NetworkRights rights, TapOwner? owner = null, NetworkNotices? notices = null)
    {
        this.rights = rights;
        this.owner = owner ?? TapOwner.Current;
        this.notices = notices;
        host = new PrivilegedNetwork(rights);
    }

    public bool ConnectsBeforeStart(NetworkPlan network) => true;

    public Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default) => InTurnAsync(async () =>
    {
        IReadOnlyList<HostLink> links = await host.LinksAsync(cancellation);
        HostLink? bridge = BridgeOwnership.Check(network, links);
        BridgeRecord? recorded = BridgeRecord.Load(network.Paths);
        bool begins = bridge is null || (recorded is null && network.Mode == NetworkMode.Existing);
        BridgeRecord record = recorded ?? new BridgeRecord();
        try
        {
            record.Save(network.Paths);
            await Bridge(network).RaiseAsync(record, links, cancellation);
        }
        catch when (begins)
        {
            await TakeBackAsync(() => TakeAwayAsync(network, CancellationToken.None));
            recorded?.Save(network.Paths);
            throw;
        }

        if (begins && notices is not null)
        {
            await ReportFirewallsAsync(network, cancellation);
        }
    }, cancellation);

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => InTurnAsync(async () =>
    {
        IReadOnlyList<HostLink> links = await host.LinksAsync(cancellation);
        if (BridgeOwnership.Check(network, links) is null)
        {
            throw new QemuLabException(ErrorKind.Failed, "bridge-missing", $"the bridge {network.Bridge} of {network.Name} is not up", "run the launch again: it brings the network up first");
        }

        BridgeOwnership.CheckTap(network, machine.Name, links);
        BridgeRecord before = BridgeRecord.Load(network.Paths) ?? new BridgeRecord();
        BridgeRecord after = before.With(machine);
        PublishedPortClash.Check(after);
        LabBridge bridge = Bridge(network);
        try
        {
            // Written first: after a crash in between, the next one finds all that there may be.
            after.Save(network.Paths);
            await bridge.ConnectAsync(after, machine.Name, links, cancellation);
        }
        catch
        {
            await TakeBackAsync(() => bridge.DisconnectAsync(before, machine.Name, links, CancellationToken.None));
            throw;
        }
    }, cancellation);

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => InTurnAsync(async () =>
    {
        if (BridgeRecord.Load(network.Paths) is { } record)
        {
            await Bridge(network).DisconnectAsync(record.Without(machine.Name), machine.Name, [], cancellation);
        }
    }, cancellation);

    /// <inheritdoc/>
    /// <remarks>
    /// Only what goes to a machine can be queued. So a rate holds what it sends by dropping, as a policer does; and the delay of both
    /// directions is spent on the way to it.
    /// </remarks>
    public Task<IReadOnlyDictionary<string, NetworkTraffic>> TrafficAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyDictionary<string, NetworkTraffic>>(
            machines.Select(machine => (machine, Traffic: TapTraffic.Read(InterfaceNames.Tap(network, machine)))).Where(tap => tap.Traffic is not null).ToDictionary(tap => tap.machine, tap => tap.Traffic!));

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default) => InTurnAsync(async () =>
    {
        BridgeRecord before = BridgeRecord.Load(network.Paths)
            ?? throw new QemuLabException(ErrorKind.Conflict, "network-down", $"the network {network.Name} is not up", "launch the lab first");
        await Bridge(network).ImpairAsync(before, before with { Impairments = impairments }, cancellation);
    }, cancellation);

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) =>
        rights.CaptureAsync(network.Bridge ?? throw new InvalidOperationException($"{network.Name} has no bridge"), pcapng, cancellation);

    public async Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        if (OperatingSystem.IsLinux() && (BridgeRecord.Load(network.Paths) is not null || await rights.RefusalAsync(cancellation) is null))
        {
            await InTurnAsync(() => TakeAwayAsync(network, cancellation), cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindUnpluggedAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default)
    {
        HashSet<string> held = [.. from link in await host.LinksAsync(cancellation) where link.Master == network.Bridge && link.HasCarrier select link.Name];
        return [.. machines.Where(name => !held.Contains(InterfaceNames.Tap(network, name)))];
    }

    /// <summary>What in this host's other firewall rules stands in the way of the network, each with the command that helps. Nothing of theirs is changed.</summary>
    public async Task<IReadOnlyList<string>> WarningsAsync(NetworkPlan network, CancellationToken cancellation = default) =>
        network.Mode == NetworkMode.Bridge ? ForeignFirewalls.Warnings(await host.RulesAsync(cancellation), network.Bridge!) : [];

    private async Task ReportFirewallsAsync(NetworkPlan network, CancellationToken cancellation)
    {
        foreach (string warning in await WarningsAsync(network, cancellation))
        {
            notices!.Report(network, "FirewallInTheWay", warning);
        }
    }

    private LabBridge Bridge(NetworkPlan network) => new(network, owner, host, Forwarding(network));

    /// <summary>One record for all labs: beside their folders, and a further network's is in its lab's.</summary>
    private HostForwarding Forwarding(NetworkPlan network)
    {
        string lab = network.IsMain ? network.Paths.Directory : Path.GetDirectoryName(network.Paths.Directory)!;
        return new HostForwarding(host, Path.Combine(Path.GetDirectoryName(lab)!, "forwarding.json"));
    }

    private async Task TakeAwayAsync(NetworkPlan network, CancellationToken cancellation)
    {
        await Bridge(network).RemoveAsync(cancellation);
        BridgeRecord.Delete(network.Paths);
    }

    /// <summary>The first error is the one to report; what cannot be undone now is left to the next TakeDown, which finds it by its name.</summary>
    private static async Task TakeBackAsync(Func<Task> undo)
    {
        try
        {
            await undo();
        }
        catch (QemuLabException)
        {
        }
    }

    private async Task InTurnAsync(Func<Task> call, CancellationToken cancellation)
    {
        if (await rights.RefusalAsync(cancellation) is { } refusal)
        {
            throw refusal;
        }

        await Turn.WaitAsync(cancellation);
        try
        {
            await call();
        }
        finally
        {
            Turn.Release();
        }
    }
}
