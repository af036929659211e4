using System.Globalization;
using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the <see cref="NetworkSpec"/>s of a lab file, the machines' main network first, and finds what is wrong with them.</summary>
internal sealed class NetworkAssembly(LabDocument document, IReadOnlyList<MachineDraft> drafts, Faults faults)
{
    /// <summary>RFC 2132's numbers of the options that have a name here.</summary>
    private static readonly Dictionary<string, int> OptionNumbers = new()
    {
        ["router"] = 3,
        ["mtu"] = 26,
        ["ntp-server"] = 42,
        ["tftp-server"] = 66,
        ["bootfile-name"] = 67,
        ["domain-search"] = 119,
    };

    public IReadOnlyList<NetworkSpec> Assemble()
    {
        Section main = document.Lab.Get(LabKeys.Network)?.Value ?? Section.Empty;
        IReadOnlyList<Named<Section>> further = document.Lab.Get(LabKeys.Networks)?.Value ?? [];
        CheckNics(further);
        List<NetworkSpec> networks = [Read(NetworkPlan.MainName, main, [.. drafts.Select(draft => (draft, draft.Address))])];
        foreach (Named<Section> network in further)
        {
            (MachineDraft Draft, Located<IPAddress>? Address)[] members =
                [.. drafts.SelectMany(draft => draft.Nics.Where(nic => nic.Network == network.Name).Select(nic => (draft, nic.Address)))];
            networks.Add(Read(network.Name, network.Value, members));
        }

        return networks;
    }

    private NetworkSpec Read(string name, Section section, IReadOnlyList<(MachineDraft Draft, Located<IPAddress>? Address)> members)
    {
        AddressRules.Check(section, members, faults);
        NetworkMode mode = section.Get(NetworkKeys.Mode)?.Value ?? NetworkKeys.Mode.DefaultValue;
        CheckMode(mode, section);
        Section? dhcp = section.Get(NetworkKeys.Dhcp)?.Value;
        Subnet? subnet = section.Get(NetworkKeys.Subnet)?.Value is { PrefixLength: > 0 } asked ? asked : null;
        NetworkSpec spec = new()
        {
            Name = name,
            Mode = mode,
            Subnet = subnet,
            Prefix6 = section.Get(NetworkKeys.Ipv6)?.Value,
            Domain = section.Get(NetworkKeys.Domain)?.Value,
            Mtu = section.Get(NetworkKeys.Mtu)?.Value ?? NetworkKeys.Mtu.DefaultValue,
            Bridge = section.Get(NetworkKeys.Bridge)?.Value,
            Interface = section.Get(NetworkKeys.Interface)?.Value,
            Dhcp = dhcp?.Get(DhcpKeys.Range) is { } range
                ? new DhcpPlan(range.Value, dhcp.Get(DhcpKeys.Lease)?.Value ?? DhcpKeys.Lease.DefaultValue, [.. (dhcp.Get(DhcpKeys.Options)?.Value ?? []).Select(Option)])
                : null,
            LoadBalancer = section.Get(NetworkKeys.LoadBalancer)?.Value,
            Records = [.. (section.Get(NetworkKeys.Records)?.Value ?? []).Select(record => new NameRecord(record.Name, record.Value))],
            Routes = [.. RoutesOf(section, subnet)],
        };
        NetworkRanges.Check(section, subnet, members, faults);
        return spec;
    }

    private static DhcpOption Option(Named<string> option) =>
        new(OptionNumbers.TryGetValue(option.Name, out int number) ? number : int.Parse(option.Name, CultureInfo.InvariantCulture), option.Value);

    private IEnumerable<RouteSpec> RoutesOf(Section section, Subnet? subnet)
    {
        string[] names = [.. drafts.Select(draft => draft.Name.Value)];
        foreach (Located<Section> route in section.Get(NetworkKeys.Routes)?.Value ?? [])
        {
            Located<Subnet> to = route.Value.Get(RouteKeys.To)!;
            Located<string> via = route.Value.Get(RouteKeys.Via)!;
            bool isAddress = Subnet.TryParseAddress(via.Value, out IPAddress? address);
            if (!isAddress && !names.Contains(via.Value))
            {
                faults.Error(via.Place, $"{Quote.Of(via.Value)} is neither a machine of the lab nor an address{Suggestion.Hint(via.Value, names)}", RouteKeys.Via.Name);
            }
            else if (isAddress && subnet is { } known && !known.Contains(address!))
            {
                faults.Error(via.Place, $"{via.Value} is not in the subnet {known}", RouteKeys.Via.Name);
            }

            if (subnet is { } own && own.Overlaps(to.Value))
            {
                faults.Error(to.Place, $"{to.Value} overlaps the subnet {own} itself", RouteKeys.To.Name);
            }

            yield return new RouteSpec(to.Value, via.Value);
        }
    }

    private void CheckMode(NetworkMode mode, Section section)
    {
        Place place = section.Get(NetworkKeys.Mode)?.Place ?? section.Place;
        Need(mode == NetworkMode.Existing, NetworkKeys.Bridge);
        Need(mode is NetworkMode.VmnetBridged or NetworkMode.SocketVmnet, NetworkKeys.Interface);
        if (mode == NetworkMode.Existing && section.Get(NetworkKeys.Subnet)?.Value is not { PrefixLength: > 0 } && !section.Mentions(NetworkKeys.Subnet))
        {
            faults.Error(place, "mode existing needs the subnet of the bridge's network: subnet: 192.168.10.0/24", NetworkKeys.Mode.Name);
        }

        if (mode is NetworkMode.User or NetworkMode.Isolated && section.Get(NetworkKeys.Ipv6) is { } ipv6)
        {
            faults.Error(ipv6.Place, $"mode {mode.Word()} has no IPv6 of the lab's own: leave it out, or use mode bridge", NetworkKeys.Ipv6.Name);
        }

        void Need<T>(bool isNeeded, Key<T> key)
            where T : notnull
        {
            if (isNeeded && !section.Mentions(key))
            {
                faults.Error(place, $"mode {mode.Word()} needs {key.Name}: {key.AnyKind.Noun}", NetworkKeys.Mode.Name);
            }
            else if (!isNeeded && section.Get(key) is { } unused)
            {
                faults.Error(unused.Place, $"is of no use in mode {mode.Word()}", key.Name);
            }
        }
    }

    private void CheckNics(IReadOnlyList<Named<Section>> networks)
    {
        HashSet<Place> reported = [];
        foreach (NicDraft nic in drafts.SelectMany(draft => draft.Nics))
        {
            if (networks.All(network => network.Name != nic.Network) && reported.Add(nic.Place))
            {
                string hint = nic.Network == NetworkPlan.MainName
                    ? ": every machine is on it already"
                    : Suggestion.Hint(nic.Network, networks.Select(network => network.Name));
                faults.Error(nic.Place, $"the lab has no further network {Quote.Of(nic.Network)}{hint}", MachineKeys.Networks.Name);
            }
        }
    }
}
