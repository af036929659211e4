using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>An extra, empty disk that the lab file asks for.</summary>
/// <param name="Name">Its name, also the serial number that the guest sees (<c>/dev/disk/by-id/virtio-NAME</c>); at most 20 characters.</param>
/// <param name="Size">At least 1 MiB.</param>
public sealed record DiskSpec(string Name, ByteSize Size);
