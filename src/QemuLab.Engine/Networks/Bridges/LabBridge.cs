namespace QemuLab.Engine.Networks;

/// <summary>One network on this host: brings it from what is there to what its record says.</summary>
internal sealed class LabBridge(NetworkPlan network, TapOwner owner, PrivilegedNetwork host, HostForwarding forwarding)
{
    private bool IsOurs => network.Mode == NetworkMode.Bridge;

    /// <summary>Makes what is missing: rules first, so that no frame passes before they hold.</summary>
    public async Task RaiseAsync(BridgeRecord record, IReadOnlyList<HostLink> links, CancellationToken cancellation)
    {
        if (IsOurs)
        {
            await forwarding.SwitchOnAsync(network.Gateway6 is not null, cancellation);
        }

        await ApplyRulesAsync(record, cancellation);
        HostLink? bridge = links.FirstOrDefault(link => link.Name == network.Bridge);
        IEnumerable<string> taps = record.Ports.SelectMany(port => LinkBatch.Tap(network, port.Name, owner, Tap(port.Name, links)));
        await host.ApplyLinksAsync([.. IsOurs ? LinkBatch.Bridge(network, bridge) : [], .. taps], cancellation);
        if (IsOurs)
        {
            await host.ApplySettingsAsync(Settings(), cancellation);
        }

        await host.ApplyQueuesAsync(Queues(record.Impairments, record.Ports.Select(port => port.Name)), cancellation);
    }

    /// <summary>Gives a machine its tap, and sees that it is there: a QEMU that runs as root would silently make one of its own.</summary>
    public async Task ConnectAsync(BridgeRecord record, string machine, IReadOnlyList<HostLink> links, CancellationToken cancellation)
    {
        await ApplyRulesAsync(record, cancellation);
        string[] lines = [.. LinkBatch.Tap(network, machine, owner, Tap(machine, links))];
        HostLink? tap = Tap(machine, lines.Length == 0 ? links : await host.ApplyAndShowLinksAsync(lines, cancellation));
        if (tap is not { IsUp: true } || tap.Master != network.Bridge)
        {
            throw new QemuLabException(ErrorKind.Failed, "tap-missing", $"the tap {InterfaceNames.Tap(network, machine)} of {machine} was made and is not on {network.Bridge}", "see whether another program manages this host's interfaces");
        }

        await host.ApplyQueuesAsync(Queues(record.Impairments, [machine]), cancellation);
    }

    /// <summary>Takes a machine's port away, where it was not there before, and leaves the record's rules.</summary>
    /// <param name="record">Without the machine, or with its former port.</param>
    /// <param name="machine">Whose port it is.</param>
    /// <param name="before">What was there: a tap in it stays.</param>
    /// <param name="cancellation">Stops in between; the record on the disk still names the machine then.</param>
    public async Task DisconnectAsync(BridgeRecord record, string machine, IReadOnlyList<HostLink> before, CancellationToken cancellation)
    {
        if (Tap(machine, before) is null)
        {
            IEnumerable<HostLink> taps = (await host.LinksAsync(cancellation)).Where(link => link.Alias == InterfaceNames.Alias(network, machine) || IsNamelessTap(link, machine));
            await host.ApplyLinksAsync(LinkBatch.Remove(taps), cancellation);
        }

        await ApplyRulesAsync(record, cancellation);
        record.Save(network.Paths);
    }

    /// <summary>The queues first: only they can be refused, and then nothing is changed.</summary>
    public async Task ImpairAsync(BridgeRecord before, BridgeRecord after, CancellationToken cancellation)
    {
        string[] machines = [.. after.Ports.Select(port => port.Name)];
        try
        {
            await host.ApplyQueuesAsync(Queues(after.Impairments, machines), cancellation);
        }
        catch (QemuLabException cause) when (cause.Message.Contains("qdisc kind is unknown", StringComparison.Ordinal))
        {
            await HealQueuesAsync(after.Impairments, machines);
            await host.ApplyQueuesAsync(Queues(before.Impairments, machines), CancellationToken.None);
            bool delay = after.Impairments.Links.Values.Any(link => link.Delay > TimeSpan.Zero);
            throw new QemuLabException(ErrorKind.Failed, "not-supported",
                delay ? "this host's kernel cannot delay frames: it lacks sch_netem" : "this host's kernel cannot limit a rate: it lacks sch_tbf",
                delay ? "run: sudo modprobe sch_netem; or leave the delay out: cuts, partitions and losses need no module" : "run: sudo modprobe sch_tbf", cause);
        }

        await HealQueuesAsync(before.Impairments, machines.Where(machine => !QueueBatch.IsQueued(after.Impairments.Links.GetValueOrDefault(machine))));
        await ApplyRulesAsync(after, cancellation);
        after.Save(network.Paths);
    }

    /// <summary>Removes all that is ours by its alias, whatever the record says, and nothing else.</summary>
    public async Task RemoveAsync(CancellationToken cancellation)
    {
        IReadOnlyList<HostLink> links = await host.LinksAsync(cancellation);
        BridgeRecord? record = BridgeRecord.Load(network.Paths);
        string mark = InterfaceNames.Alias(network);
        HostLink[] ours =
        [
            .. links.Where(link => link.Alias?.StartsWith(mark + " ", StringComparison.Ordinal) == true
                || record?.Ports.Any(port => IsNamelessTap(link, port.Name)) == true),
            .. links.Where(link => link.Alias == mark || (record is not null && IsOurs && IsNamelessBridge(link))),
        ];
        await host.ApplyLinksAsync(LinkBatch.Remove(ours), cancellation);
        await host.ApplyRulesAsync(NftablesRuleset.Removal(network), cancellation);
        if (!links.Except(ours).Any(link => link.Kind == "bridge" && link.Alias?.StartsWith(InterfaceNames.Owner + " ", StringComparison.Ordinal) == true))
        {
            await forwarding.SwitchBackAsync(cancellation);
        }
    }

    private Task ApplyRulesAsync(BridgeRecord record, CancellationToken cancellation) =>
        host.ApplyRulesAsync(NftablesRuleset.For(network, record.Machines, record.Impairments), cancellation);

    private string[] Queues(NetworkImpairments impairments, IEnumerable<string> machines) =>
    [
        .. from machine in machines
           let link = impairments.Links.GetValueOrDefault(machine)
           where QueueBatch.IsQueued(link)
           from line in QueueBatch.For(network, machine, link)
           select line,
    ];

    /// <summary>One by one: a tap that was made anew has no queue to remove, and that is no fault.</summary>
    private async Task HealQueuesAsync(NetworkImpairments impairments, IEnumerable<string> machines)
    {
        foreach (string machine in machines.Where(machine => QueueBatch.IsQueued(impairments.Links.GetValueOrDefault(machine))))
        {
            try
            {
                await host.ApplyQueuesAsync(QueueBatch.For(network, machine, null), CancellationToken.None);
            }
            catch (QemuLabException)
            {
            }
        }
    }

    /// <summary>They vanish with the bridge. What is published on 127.0.0.1 needs route_localnet; the rules keep machines from using it.</summary>
    private IEnumerable<KeyValuePair<string, string>> Settings() =>
    [
        new($"net.ipv4.conf.{network.Bridge}.forwarding", "1"),
        new($"net.ipv4.conf.{network.Bridge}.route_localnet", "1"),
        new($"net.ipv6.conf.{network.Bridge}.accept_ra", "0"),
    ];

    private HostLink? Tap(string machine, IReadOnlyList<HostLink> links) => links.FirstOrDefault(link => link.Name == InterfaceNames.Tap(network, machine));

    /// <summary>Made by us, and we were killed before we could mark it.</summary>
    private bool IsNamelessTap(HostLink link, string machine) => link is { Alias: null, Kind: "tun", IsUp: false } && link.Name == InterfaceNames.Tap(network, machine);

    private bool IsNamelessBridge(HostLink link) => link is { Alias: null, Kind: "bridge", IsUp: false } && link.Name == network.Bridge;
}
