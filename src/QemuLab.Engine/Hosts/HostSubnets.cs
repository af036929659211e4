using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Hosts;

/// <summary>The IPv4 networks that this host's interfaces and routes use; a lab's network must be none of them.</summary>
internal static class HostSubnets
{
    private static Sighting? last;

    /// <summary>
    /// Looks again only when the routes have changed, as they do with every address: asking every interface for all that
    /// the framework wants to know is slow, and this is called at each start of a machine.
    /// </summary>
    public static IReadOnlyList<SubnetUse> Find()
    {
        string? routes = File.Exists("/proc/net/route") ? File.ReadAllText("/proc/net/route") : null;
        if (Volatile.Read(ref last) is { } known && routes is not null && known.Routes == routes)
        {
            return known.Subnets;
        }

        var now = new Sighting(routes, [.. ParseRoutes(routes ?? "").Concat(OfInterfaces()).DistinctBy(use => (use.Subnet, use.Interface)).OrderBy(use => use.Subnet.ToString(), StringComparer.Ordinal)]);
        Volatile.Write(ref last, now);
        return now.Subnets;
    }

    /// <summary>The table of /proc/net/route, whose addresses are hexadecimal in the byte order of the host; default routes left out.</summary>
    internal static IEnumerable<SubnetUse> ParseRoutes(string table)
    {
        foreach (string line in table.Split('\n').Skip(1))
        {
            string[] fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length > 7 && TryHex(fields[1], out uint destination) && TryHex(fields[7], out uint mask) && mask != 0)
            {
                yield return SubnetUse.OfInterface(Of(new IPAddress(destination), BitCount(mask)), fields[0]);
            }
        }
    }

    private static IEnumerable<SubnetUse> OfInterfaces()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(card => card.GetIPProperties().UnicastAddresses, (card, address) => (card.Name, Address: address))
                .Where(found => found.Address.Address.AddressFamily == AddressFamily.InterNetwork && found.Address.PrefixLength is > 0 and <= 32)
                .Select(found => SubnetUse.OfInterface(Of(found.Address.Address, found.Address.PrefixLength), found.Name))];
        }
        catch (NetworkInformationException)
        {
            // An interface that went away while it was looked at.
            return [];
        }
    }

    private static Subnet Of(IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefixLength; bit < 32; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return Subnet.Parse(string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{prefixLength}"));
    }

    private static bool TryHex(string text, out uint value) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private static int BitCount(uint mask) => System.Numerics.BitOperations.PopCount(mask);

    /// <summary>What was found, and the routes of that moment; null where this host has no such table.</summary>
    private sealed record Sighting(string? Routes, IReadOnlyList<SubnetUse> Subnets);
}
