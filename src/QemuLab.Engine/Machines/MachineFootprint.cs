using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Machines;

/// <summary>What a machine may take of its host at the most, QEMU's own part with it. The figures were measured on QEMU 7.2 under TCG, with guests that had used all that they were given.</summary>
public static class MachineFootprint
{
    /// <summary>QEMU without its guest, and what it needs for each virtual CPU.</summary>
    private static readonly ByteSize Process = ByteSize.FromMiB(40), PerCpu = ByteSize.FromMiB(4);

    /// <summary>TCG's cache of translated code with what describes it; a small guest does not have so much code.</summary>
    private static readonly ByteSize Translation = ByteSize.FromMiB(288);

    /// <summary>An idle one has 6; disks that are busy have threads for their requests.</summary>
    private const int ThreadsBesideCpus = 16;

    private const int Descriptors = 32, DescriptorsPerCpu = 4, DescriptorsPerDisk = 4;

    public static ByteSize Memory(MachinePlan machine) => Memory(machine, machine.Spec.Memory);

    /// <summary>As if it had so much memory.</summary>
    public static ByteSize Memory(MachinePlan machine, ByteSize memory)
    {
        long translation = machine.Accelerator.Accelerator == Accelerator.Tcg ? Math.Min(Translation.Bytes, memory.Bytes) : 0;
        return new ByteSize(memory.Bytes + Process.Bytes + (PerCpu.Bytes * machine.Spec.Cpus) + translation);
    }

    public static int Threads(MachinePlan machine) => ThreadsBesideCpus + machine.Spec.Cpus;

    /// <summary>Files and sockets that its QEMU has open.</summary>
    public static int OpenFiles(MachinePlan machine) => Descriptors + (DescriptorsPerCpu * machine.Spec.Cpus) + (DescriptorsPerDisk * machine.Disks.Count);
}
