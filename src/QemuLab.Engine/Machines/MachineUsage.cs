namespace QemuLab.Engine.Machines;

/// <summary>What a machine that runs has taken of the host since it was started; two of them, a moment apart, are a rate.</summary>
/// <param name="At">When it was looked at.</param>
/// <param name="Cpu">Time on processors, QEMU's own included.</param>
/// <param name="Memory">Of the host's, that QEMU has: what its guest has touched, and QEMU's own.</param>
/// <param name="Disks">Null where QEMU did not tell.</param>
/// <param name="Network">Null where its networks do not tell.</param>
public sealed record MachineUsage(string Lab, string Name, DateTimeOffset At, TimeSpan Cpu, ByteSize Memory, DiskTraffic? Disks, NetworkTraffic? Network);

/// <summary>What has passed a machine's disks, in bytes.</summary>
public sealed record DiskTraffic(long Read, long Written);

/// <summary>What has passed a machine's NICs, in bytes, as the machine sees it.</summary>
public sealed record NetworkTraffic(long Received, long Sent);
