namespace QemuLab.Engine.Machines;

/// <summary>How a machine starts, as decided.</summary>
public abstract record FirmwarePlan
{
    private FirmwarePlan()
    {
    }

    /// <summary>UEFI from flash: the shared read-only code and the machine's own copy of the variables.</summary>
    /// <param name="Code">The firmware's code file.</param>
    /// <param name="VarsTemplate">The file that the machine's variables are first copied from.</param>
    /// <param name="Vars">The machine's own variables, qcow2 so that snapshots can hold them.</param>
    public sealed record Uefi(string Code, string VarsTemplate, string Vars) : FirmwarePlan;

    /// <summary>The BIOS that QEMU brings (SeaBIOS).</summary>
    public sealed record Bios : FirmwarePlan;

    public sealed record DirectKernel(string Kernel, string? Initrd, string Append) : FirmwarePlan;
}
