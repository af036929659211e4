using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>A disk as decided: a qcow2 file of the machine, over a base image or empty.</summary>
/// <param name="Name">QEMU's node and device id: <c>root</c>, or the extra disk's name.</param>
/// <param name="Path">Absolute.</param>
/// <param name="Size">The size that the guest sees.</param>
/// <param name="BackingPath">The cached base image (qcow2) that it is an overlay of, or null for an empty disk.</param>
public sealed record DiskPlan(string Name, string Path, ByteSize Size, string? BackingPath);
