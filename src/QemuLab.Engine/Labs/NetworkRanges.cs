using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Whether a network's ranges are inside of it and apart: fixed addresses, DHCP, load balancers, records.</summary>
internal static class NetworkRanges
{
    /// <summary>The lab's own addresses at the start of each subnet.</summary>
    private const int Reserved = 3;

    public static void Check(Section network, Subnet? subnet, IReadOnlyList<(MachineDraft Draft, Located<IPAddress>? Address)> members, Faults faults)
    {
        Located<AddressRange>? dhcp = network.Get(NetworkKeys.Dhcp)?.Value.Get(DhcpKeys.Range);
        Located<AddressRange>? balancer = network.Get(NetworkKeys.LoadBalancer);
        CheckPlace(dhcp, DhcpKeys.Range.Name);
        CheckPlace(balancer, NetworkKeys.LoadBalancer.Name);
        if (dhcp is not null && balancer is not null && dhcp.Value.Overlaps(balancer.Value))
        {
            faults.Error(balancer.Place, $"{balancer.Value} overlaps the range of dhcp, {dhcp.Value}", NetworkKeys.LoadBalancer.Name);
        }

        HashSet<Place> reported = [];
        foreach ((MachineDraft draft, Located<IPAddress>? address) in members.Where(member => member.Address is not null))
        {
            if (balancer?.Value.Contains(address!.Value) == true && reported.Add(address.Place))
            {
                faults.Error(address.Place, $"{address.Value} (for {draft.Name}) is in the range that loadBalancer keeps free, {balancer.Value}", MachineKeys.Address.Name);
            }

            if (dhcp?.Value.Contains(address!.Value) == true && reported.Add(address.Place))
            {
                faults.Error(address.Place, $"{address.Value} (for {draft.Name}) is in the range of dhcp, {dhcp.Value}: choose one outside of it", MachineKeys.Address.Name);
            }
        }

        void CheckPlace(Located<AddressRange>? range, string key)
        {
            if (range is null)
            {
                return;
            }

            string? fault = subnet switch
            {
                null when network.Mentions(NetworkKeys.Subnet) && network.Get(NetworkKeys.Subnet) is null => null,
                null => "needs a subnet to be in",
                { } known when !known.Contains(range.Value.First) || !known.Contains(range.Value.Last) => $"is not in the subnet {known}",
                { } known when known.IndexOf(range.Value.First) <= Reserved => $"begins in the first three addresses of {known}, which are the lab's own",
                { } known when range.Value.Contains(known.Broadcast) => "has the broadcast address in it",
                _ => null,
            };
            if (fault is not null)
            {
                faults.Error(range.Place, $"{range.Value} {fault}", key);
            }
        }
    }
}
