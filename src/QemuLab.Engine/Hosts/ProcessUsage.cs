using System.ComponentModel;
using System.Diagnostics;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>What a process has taken of the host: time on processors, and memory.</summary>
internal readonly record struct ProcessUsage(TimeSpan Cpu, ByteSize Memory)
{
    /// <summary>Null where it has gone.</summary>
    public static ProcessUsage? Of(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            return new ProcessUsage(process.TotalProcessorTime, new ByteSize(process.WorkingSet64));
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
