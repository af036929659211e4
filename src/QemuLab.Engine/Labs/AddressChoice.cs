using System.Net;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The machines' addresses: the file's, else the ones they had, else the next free ones from .10 on.</summary>
internal static class AddressChoice
{
    private const int FirstChosen = 10;

    /// <exception cref="QemuLabException">The subnet has no room left, or a fixed address is outside it.</exception>
    public static IReadOnlyDictionary<string, IPAddress> For(Lab lab, NetworkPlan network, LabAllocations before)
    {
        var chosen = new Dictionary<string, IPAddress>();
        var taken = new HashSet<IPAddress> { network.Subnet.Address(1), network.Subnet.Address(2), network.Subnet.Address(3) };
        if (lab.VirtualIp is { } virtualIp)
        {
            taken.Add(virtualIp.Address);
        }

        foreach (MachineSpec machine in lab.Machines.Where(machine => machine.Address is not null))
        {
            if (!network.Subnet.Contains(machine.Address!))
            {
                throw new QemuLabException(ErrorKind.Usage, "address-outside", $"{machine.Name}: the address {machine.Address} is outside the lab's subnet {network.Subnet}", "name the subnet in the file: network: { subnet: … }");
            }

            taken.Add(chosen[machine.Name.Value] = machine.Address!);
        }

        foreach (MachineSpec machine in lab.Machines.Where(machine => machine.Address is null))
        {
            bool keeps = Subnet.TryParseAddress(before.Addresses.GetValueOrDefault(machine.Name.Value), out IPAddress? old)
                && network.Subnet.Contains(old) && !taken.Contains(old);
            IPAddress address = keeps ? old! : NextFree(network.Subnet, taken, before);
            taken.Add(chosen[machine.Name.Value] = address);
        }

        return chosen;
    }

    private static IPAddress NextFree(Subnet subnet, HashSet<IPAddress> taken, LabAllocations before)
    {
        HashSet<string> promised = [.. before.Addresses.Values];
        for (int i = subnet.UsableAddresses > 2 * FirstChosen ? FirstChosen : 4; i <= subnet.UsableAddresses; i++)
        {
            IPAddress candidate = subnet.Address(i);
            if (!taken.Contains(candidate) && !promised.Contains(candidate.ToString()))
            {
                return candidate;
            }
        }

        throw new QemuLabException(ErrorKind.Usage, "subnet-full", $"the subnet {subnet} has no room for all machines", "use a larger one, such as a /24");
    }
}
