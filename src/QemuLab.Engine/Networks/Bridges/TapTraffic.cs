using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>What has passed a tap, by the kernel's own counters (Documentation/ABI/testing/sysfs-class-net-statistics).</summary>
internal static class TapTraffic
{
    /// <summary>As the machine behind it sees it: what the host has received, the machine has sent. Null where there is no such tap.</summary>
    public static NetworkTraffic? Read(string tap)
    {
        try
        {
            return new NetworkTraffic(Received: Number(tap, "tx_bytes"), Sent: Number(tap, "rx_bytes"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string tap, string counter) =>
        long.Parse(File.ReadAllText($"/sys/class/net/{tap}/statistics/{counter}"), CultureInfo.InvariantCulture);
}
