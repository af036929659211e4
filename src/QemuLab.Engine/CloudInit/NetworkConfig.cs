using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.CloudInit;

/// <summary>The NoCloud seed's network-config, version 2: one NIC, found by its MAC, with the planned address.</summary>
internal static class NetworkConfig
{
    /// <remarks>
    /// The default route is 0.0.0.0/0: cloud-init's own renderers (ifupdown, networkd) do not know the word <c>default</c> before
    /// 22.x, and <c>gateway4</c> is deprecated in netplan.
    /// </remarks>
    public static string For(MachinePlan plan, NetworkPlan network) => ConfigWriter.Write(Map(
        ("version", ConfigNode.Scalar.Of(2)),
        ("ethernets", Map(
            ("lab0", Map(
                ("match", Map(("macaddress", plan.Mac.ToString()))),
                ("set-name", "eth0"),
                ("dhcp4", false),
                ("addresses", ConfigNode.Sequence.Of($"{plan.Address}/{network.Subnet.PrefixLength}")),
                ("routes", new ConfigNode.Sequence([Map(("to", "0.0.0.0/0"), ("via", network.Gateway.ToString()))])),
                ("nameservers", Map(
                    ("addresses", ConfigNode.Sequence.Of(network.Dns.ToString())),
                    ("search", ConfigNode.Sequence.Of(network.Domain))))))))));

    private static ConfigNode.Mapping Map(params ConfigEntry[] entries) => new(entries);
}
