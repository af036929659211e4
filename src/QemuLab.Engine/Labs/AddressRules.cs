using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Whether the fixed addresses are in the subnet, free, and each given once; one fault per address that is written.</summary>
internal static class AddressRules
{
    /// <summary>.1, .2 and .3: the host, slirp's gateway and slirp's DNS.</summary>
    private const int ReservedAddresses = 3;

    /// <param name="network">The network's own section.</param>
    /// <param name="members">The machines on it, with the addresses that the file gives them there.</param>
    public static void Check(Section network, IReadOnlyList<(MachineDraft Draft, Located<IPAddress>? Address)> members, Faults faults)
    {
        Located<Subnet>? subnet = network.Get(NetworkKeys.Subnet) is { Value.PrefixLength: > 0 } asked ? asked : null;
        if (subnet is not null)
        {
            CheckRoom(subnet, members.Count, faults);
        }

        bool isKnown = subnet is not null || network.Get(NetworkKeys.Subnet) is not null || !network.Mentions(NetworkKeys.Subnet);
        HashSet<Place> reported = [];
        Dictionary<IPAddress, MachineDraft> taken = [];
        foreach ((MachineDraft draft, Located<IPAddress>? given) in members.Where(member => member.Address is not null))
        {
            (IPAddress address, Place place) = given!;
            string? fault = isKnown ? FaultOf(address, subnet?.Value) : null;
            if (fault is null && !taken.TryAdd(address, draft))
            {
                fault = $"is {taken[address].Name}'s already";
            }

            if (fault is not null && reported.Add(place))
            {
                string whose = draft.GroupSize > 1 ? $" (for {draft.Name})" : "";
                faults.Error(place, $"{address}{whose} {fault}", MachineKeys.Address.Name);
            }
        }
    }

    private static void CheckRoom(Located<Subnet> subnet, int machines, Faults faults)
    {
        long room = subnet.Value.UsableAddresses - ReservedAddresses;
        if (machines > room)
        {
            faults.Error(subnet.Place, $"{subnet.Value} has room for {room} machines, and the lab has {machines}", NetworkKeys.Subnet.Name);
        }
    }

    /// <summary>What is wrong with an address that is to be in the subnet; null where nothing is.</summary>
    public static string? FaultOf(IPAddress address, Subnet? subnet)
    {
        if (subnet is not { } known)
        {
            return $"needs a subnet to be in: add network: {{ subnet: {Kinds.Enclosing(address, 24)} }}";
        }

        if (!known.Contains(address))
        {
            return $"is not in the subnet {known}";
        }

        return known.IndexOf(address) switch
        {
            0 => "is the network itself",
            1 => "is reserved: the host's own address",
            2 => "is reserved: the network's gateway",
            3 => "is reserved: the network's DNS",
            _ when address.Equals(known.Broadcast) => "is the broadcast address",
            _ => null,
        };
    }
}
