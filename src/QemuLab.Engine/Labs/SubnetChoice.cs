using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The lab's subnet: the file's, else the one it had, else a free /24.</summary>
internal static class SubnetChoice
{
    /// <exception cref="QemuLabException">The file's subnet is used by something else, or no free one is left.</exception>
    public static Subnet For(Lab lab, PlanContext context)
    {
        if (lab.Network.Subnet is { } asked)
        {
            // A rootless network lives inside two processes of ours: a route of the host with the same numbers is hidden from
            // the machines, and nothing worse. Only another lab is a real clash, because its names would mean two things.
            return context.SubnetsOfOtherLabs.Any(asked.Overlaps)
                ? throw new QemuLabException(ErrorKind.Conflict, "subnet-taken", $"the subnet {asked} is used by another lab", "choose another one, or leave it out of the file: a free one is then chosen")
                : asked;
        }

        if (context.Allocations.ParsedSubnet is { } before && !context.SubnetsOfOtherLabs.Any(before.Overlaps))
        {
            return before;
        }

        Subnet[] taken = [.. context.SubnetsOfOtherLabs, .. context.Host.SubnetsInUse];
        byte start = SHA256.HashData(Encoding.UTF8.GetBytes("subnet/" + lab.Name.Value))[0];
        return Candidates(start).FirstOrDefault(candidate => !taken.Any(candidate.Overlaps)) is { PrefixLength: > 0 } free
            ? free
            : throw new QemuLabException(ErrorKind.Failed, "no-free-subnet", "no free /24 is left between 10.77.0.0 and 10.77.255.255", "name one in the file: network: { subnet: … }");
    }

    /// <summary>The 256 networks of 10.77.0.0/16, starting at a place that the lab's name gives, so that labs seldom move.</summary>
    private static IEnumerable<Subnet> Candidates(byte start) =>
        Enumerable.Range(0, 256).Select(i => Subnet.Parse(string.Create(CultureInfo.InvariantCulture, $"10.77.{(byte)(start + i)}.0/24")));
}
