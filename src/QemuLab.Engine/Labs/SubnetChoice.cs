using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A network's subnet: the file's, else the one it had, else a free /24.</summary>
internal static class SubnetChoice
{
    /// <param name="lab">Whose network it is.</param>
    /// <param name="spec">The network.</param>
    /// <param name="mode">As decided.</param>
    /// <param name="bridge">The network's own bridge, whose address and route on the host are no clash.</param>
    /// <param name="context">Host, other labs, and what it had before.</param>
    /// <param name="siblings">The lab's networks that are decided already.</param>
    /// <exception cref="QemuLabException">The file's subnet is used by something else, or no free one is left.</exception>
    public static Subnet For(Lab lab, NetworkSpec spec, NetworkMode mode, string? bridge, PlanContext context, IReadOnlyList<NetworkPlan> siblings)
    {
        SubnetUse[] ours = [.. context.SubnetsOfOtherLabs, .. siblings.Select(sibling => new SubnetUse(sibling.Subnet, $"network {sibling.Network} of this lab"))];
        SubnetUse[] all = [.. ours, .. context.Host.SubnetsInUse.Where(use => bridge is null || use.Interface != bridge)];
        if (spec.Subnet is { } asked)
        {
            // A rootless network lives inside two processes of ours: a route of the host with the same numbers is hidden from
            // the machines, and nothing worse. On the host itself it would take the other's traffic away.
            SubnetUse[] clashes = mode switch
            {
                NetworkMode.User or NetworkMode.Isolated => ours,
                NetworkMode.Existing => ours,
                _ => all,
            };
            return clashes.FirstOrDefault(use => use.Subnet.Overlaps(asked)) is { } taken
                ? throw new QemuLabException(ErrorKind.Conflict, "subnet-taken", $"the subnet {asked} is used by {taken.Holder}{(taken.Subnet == asked ? "" : $" ({taken.Subnet})")}", Hint(lab, all))
                : asked;
        }

        if (context.Allocations.SubnetOf(spec.Name) is { } before && !ours.Any(use => use.Subnet.Overlaps(before)))
        {
            return before;
        }

        return Free(lab.Name.Value, spec.Name, all) ?? throw new QemuLabException(ErrorKind.Failed, "no-free-subnet", "no free /24 is left between 10.77.0.0 and 10.77.255.255", "name one in the file: network: { subnet: … }");
    }

    private static string Hint(Lab lab, SubnetUse[] taken) => Free(lab.Name.Value, "", taken) is { } free
        ? $"{free} is free; left out of the file, a free one is chosen"
        : "choose another one";

    private static Subnet? Free(string lab, string network, SubnetUse[] taken)
    {
        string key = network is NetworkPlan.MainName or "" ? lab : $"{lab}/{network}";
        byte start = SHA256.HashData(Encoding.UTF8.GetBytes("subnet/" + key))[0];
        return Candidates(start).FirstOrDefault(candidate => !taken.Any(use => use.Subnet.Overlaps(candidate))) is { PrefixLength: > 0 } free ? free : null;
    }

    /// <summary>The 256 networks of 10.77.0.0/16, starting at a place that the lab's name gives, so that labs seldom move.</summary>
    private static IEnumerable<Subnet> Candidates(byte start) =>
        Enumerable.Range(0, 256).Select(i => Subnet.Parse(string.Create(CultureInfo.InvariantCulture, $"10.77.{(byte)(start + i)}.0/24")));
}
