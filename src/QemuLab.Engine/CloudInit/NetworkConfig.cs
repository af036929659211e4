using System.Globalization;
using System.Net;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.CloudInit;

/// <summary>The NoCloud seed's network-config, version 2: each NIC, found by its MAC, with the planned addresses and routes.</summary>
internal static class NetworkConfig
{
    private const int EthernetMtu = 1500;

    public static string For(MachinePlan plan)
    {
        // One default route: by the first of its networks that leads anywhere.
        NicPlan? wayOut = plan.Nics.FirstOrDefault(nic => nic.Network.Gateway is not null);
        return ConfigWriter.Write(Map(
            ("version", ConfigNode.Scalar.Of(2)),
            ("ethernets", Map([.. plan.Nics.Select((nic, i) => (ConfigEntry)(Name("lab", i), Nic(nic, i, nic == wayOut)))]))));
    }

    private static ConfigNode.Mapping Nic(NicPlan nic, int index, bool isWayOut)
    {
        NetworkPlan network = nic.Network;
        List<ConfigEntry> entries =
        [
            ("match", Map(("macaddress", nic.Mac.ToString()))),
            ("set-name", Name("eth", index)),
            ("dhcp4", false),
            ("addresses", ConfigNode.Sequence.Of([.. Addresses(nic)])),
        ];
        if (network.Mtu != EthernetMtu)
        {
            entries.Add(("mtu", ConfigNode.Scalar.Of(network.Mtu)));
        }

        ConfigNode[] routes = [.. Routes(nic, isWayOut)];
        if (routes.Length > 0)
        {
            entries.Add(("routes", new ConfigNode.Sequence(routes)));
        }

        if (network.Dns is { } dns && (isWayOut || network.IsMain))
        {
            entries.Add(("nameservers", Map(
                ("addresses", ConfigNode.Sequence.Of(dns.ToString())),
                ("search", ConfigNode.Sequence.Of(network.Domain)))));
        }

        return Map([.. entries]);
    }

    private static IEnumerable<string> Addresses(NicPlan nic)
    {
        yield return $"{nic.Address}/{nic.Network.Subnet.PrefixLength}";
        if (nic.Address6 is { } address6)
        {
            yield return $"{address6}/64";
        }
    }

    /// <remarks>
    /// The default route is 0.0.0.0/0: cloud-init's own renderers (ifupdown, networkd) do not know the word <c>default</c> before
    /// 22.x, and <c>gateway4</c> is deprecated in netplan.
    /// </remarks>
    private static IEnumerable<ConfigNode> Routes(NicPlan nic, bool isWayOut)
    {
        if (isWayOut)
        {
            yield return Route("0.0.0.0/0", nic.Network.Gateway!);
            if (nic.Network.Gateway6 is { } gateway6)
            {
                yield return Route("::/0", gateway6);
            }
        }

        foreach (NetworkRoute route in nic.Network.Routes.Where(route => !route.Via.Equals(nic.Address)))
        {
            yield return Route(route.To.ToString(), route.Via);
        }
    }

    private static ConfigNode.Mapping Route(string to, IPAddress via) => Map(("to", to), ("via", via.ToString()));

    private static string Name(string prefix, int index) => prefix + index.ToString(CultureInfo.InvariantCulture);

    private static ConfigNode.Mapping Map(params ConfigEntry[] entries) => new(entries);
}
