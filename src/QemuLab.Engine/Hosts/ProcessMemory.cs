using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>How much of the host's memory a process has.</summary>
internal static class ProcessMemory
{
    /// <summary>Nothing where the process is gone, or where the system does not tell.</summary>
    public static ByteSize Resident(int processId)
    {
        // Pages: size, resident, shared, …
        string[] fields = LinuxMemory.TextOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm")).Split(' ');
        return new ByteSize(fields.Length > 1 && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long pages) ? pages * Environment.SystemPageSize : 0);
    }
}
