using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>After all other devices, so that those keep the PCI slots that they have always had. QEMU takes only one; only Linux takes single pages back.</summary>
    private static void AddBalloon(QemuArguments arguments, MachineSpec spec, HostPlatform platform)
    {
        if (spec.QemuArgs.Any(argument => argument.StartsWith("virtio-balloon", StringComparison.Ordinal)))
        {
            return;
        }

        bool reports = platform == HostPlatform.Linux;
        arguments.AddOption(
            "-device",
            "virtio-balloon-pci",
            reports ? [("id", "balloon"), ("free-page-reporting", "on")] : [("id", "balloon")],
            reports ? "what the guest no longer uses goes back to the host; and it can be given less while it runs" : "it can be given less memory while it runs");
    }
}
