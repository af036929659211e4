namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>After all other devices, so that those keep the PCI slots that they have always had.</summary>
    private static void AddPanic(QemuArguments arguments) => arguments
        .Add("-device", "pvpanic-pci", "the guest's kernel tells of its panic")
        .Add("-action", "panic=shutdown", "a machine that has panicked ends, and is told as failed");
}
