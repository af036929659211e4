using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Machines;

namespace QemuLab.Output;

/// <summary>What machines take of the host, as a table of rates.</summary>
internal static class UsageTable
{
    /// <summary>The rates between two looks. A machine that was not there before, or has been started anew since, has none yet.</summary>
    public static IReadOnlyList<MachineRatesView> Rates(IReadOnlyList<MachineUsageView> before, IReadOnlyList<MachineUsageView> now) =>
    [
        .. from one in now
           join earlier in before on (one.Lab, one.Machine) equals (earlier.Lab, earlier.Machine)
           let seconds = (one.At - earlier.At).TotalSeconds
           where seconds > 0 && one.CpuSeconds >= earlier.CpuSeconds
           select new MachineRatesView(
               one.Lab,
               one.Machine,
               (one.CpuSeconds - earlier.CpuSeconds) / seconds,
               one.Memory,
               Rate(earlier.DiskRead, one.DiskRead, seconds),
               Rate(earlier.DiskWritten, one.DiskWritten, seconds),
               Rate(earlier.NetworkReceived, one.NetworkReceived, seconds),
               Rate(earlier.NetworkSent, one.NetworkSent, seconds)),
    ];

    public static string Render(IReadOnlyList<MachineRatesView> rates, int? width)
    {
        bool several = rates.Select(one => one.Lab).Distinct().Count() > 1;
        var table = new TextTable(
            new("NAME"), new("CPU", RightAligned: true), new("MEMORY", RightAligned: true),
            new("READ/S", RightAligned: true, DropOrder: 3), new("WRITTEN/S", RightAligned: true, DropOrder: 4),
            new("RECEIVED/S", RightAligned: true, DropOrder: 1), new("SENT/S", RightAligned: true, DropOrder: 2));
        foreach (MachineRatesView one in rates)
        {
            table.Add(
                several ? $"{one.Lab}/{one.Machine}" : one.Machine,
                string.Create(CultureInfo.InvariantCulture, $"{one.Cpu * 100:0}%"),
                Bytes(one.Memory), Bytes(one.DiskRead), Bytes(one.DiskWritten), Bytes(one.NetworkReceived), Bytes(one.NetworkSent));
        }

        return table.Render(width);
    }

    /// <summary>With one decimal below ten: <c>1.5MiB</c>, <c>512B</c>.</summary>
    internal static string? Bytes(double? bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        double value = bytes ?? 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++)
        {
            value /= ByteSize.KiB;
        }

        return bytes is null ? null : string.Create(CultureInfo.InvariantCulture, $"{value.ToString(value < 9.95 && unit > 0 ? "0.0" : "0", CultureInfo.InvariantCulture)}{units[unit]}");
    }

    private static double? Rate(long? before, long? now, double seconds) => now - before is { } passed ? Math.Max(0, passed / seconds) : null;
}
