namespace QemuLab.Engine.Machines;

/// <summary>How a machine starts, as the lab file asks for it.</summary>
public abstract record FirmwareSpec
{
    private FirmwareSpec()
    {
    }

    /// <summary>As the image says: what boots it fastest.</summary>
    public sealed record ImageDefault : FirmwareSpec;

    public sealed record Uefi : FirmwareSpec;

    public sealed record Bios : FirmwareSpec;

    /// <summary>The image's own kernel and initrd, given to QEMU directly.</summary>
    public sealed record ImageKernel : FirmwareSpec;

    /// <summary>A kernel of the user's. Paths are absolute.</summary>
    public sealed record DirectKernel(string Kernel, string? Initrd, string? Append) : FirmwareSpec;
}
