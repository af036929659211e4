using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>A disk image as qemu-img sees it.</summary>
/// <param name="Format">Such as qcow2.</param>
/// <param name="VirtualSize">The size of the disk that a guest would see.</param>
/// <param name="ActualSize">What it takes on the host.</param>
/// <param name="BackingPath">The image that it is an overlay of, absolute; null where it stands alone.</param>
/// <param name="HasDataFile">Keeps its data in another file: only an image that was not made here can have that.</param>
public sealed record DiskImage(string Format, ByteSize VirtualSize, ByteSize ActualSize, string? BackingPath, bool HasDataFile = false);
