using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The machines' addresses: the file's, else the ones they had, else the next free ones from .10 on.</summary>
internal static class AddressChoice
{
    private const int FirstChosen = 10;

    /// <exception cref="QemuLabException">The subnet has no room left, or a fixed address is outside it.</exception>
    public static IReadOnlyDictionary<string, IPAddress> For(Lab lab, NetworkSpec spec, NetworkPlan network, LabAllocations before)
    {
        (string Name, IPAddress? Address)[] members = [.. Members(lab, spec)];
        var chosen = new Dictionary<string, IPAddress>();
        var taken = new HashSet<IPAddress> { network.Subnet.Address(1), network.Subnet.Address(2), network.Subnet.Address(3) };
        taken.UnionWith(spec.Records.Select(record => record.Address));
        if (lab.VirtualIp is { } virtualIp)
        {
            taken.Add(virtualIp.Address);
        }

        foreach ((string machine, IPAddress? address) in members.Where(member => member.Address is not null))
        {
            if (!network.Subnet.Contains(address!))
            {
                throw new QemuLabException(ErrorKind.Usage, "address-outside", $"{machine}: the address {address} is outside the lab's subnet {network.Subnet}", "name the subnet in the file: network: { subnet: … }");
            }

            taken.Add(chosen[machine] = address!);
        }

        foreach ((string machine, _) in members.Where(member => member.Address is null))
        {
            bool keeps = Subnet.TryParseAddress(before.AddressOf(machine, spec.Name), out IPAddress? old)
                && network.Subnet.Contains(old) && !taken.Contains(old) && IsForMachines(old, spec);
            IPAddress address = keeps ? old! : NextFree(network.Subnet, spec, taken, before);
            taken.Add(chosen[machine] = address);
        }

        return chosen;
    }

    /// <summary>The machines on the network, with the address that the file gives them there.</summary>
    private static IEnumerable<(string Name, IPAddress? Address)> Members(Lab lab, NetworkSpec spec) => spec.Name == NetworkPlan.MainName
        ? lab.Machines.Select(machine => (machine.Name.Value, machine.Address))
        : lab.Machines.SelectMany(machine => machine.Nics.Where(nic => nic.Network == spec.Name).Select(nic => (machine.Name.Value, nic.Address)));

    private static bool IsForMachines(IPAddress address, NetworkSpec spec) =>
        spec.Dhcp?.Range.Contains(address) != true && spec.LoadBalancer?.Contains(address) != true;

    private static IPAddress NextFree(Subnet subnet, NetworkSpec spec, HashSet<IPAddress> taken, LabAllocations before)
    {
        HashSet<string> promised = [.. before.Addresses.Values];
        for (int i = subnet.UsableAddresses > 2 * FirstChosen ? FirstChosen : 4; i <= subnet.UsableAddresses; i++)
        {
            IPAddress candidate = subnet.Address(i);
            if (!taken.Contains(candidate) && IsForMachines(candidate, spec) && !promised.Contains(candidate.ToString()))
            {
                return candidate;
            }
        }

        throw new QemuLabException(ErrorKind.Usage, "subnet-full", $"the subnet {subnet} has no room for all machines", "use a larger one, such as a /24");
    }
}
