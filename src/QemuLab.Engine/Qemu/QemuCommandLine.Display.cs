using System.Runtime.InteropServices;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>The graphics card's id, by which a machine with a display is told from one without.</summary>
    public const string DisplayDevice = "display";

    /// <summary>The id of a keyboard that the board does not have by itself.</summary>
    public const string KeyboardDevice = "keyboard";

    /// <summary>After all other devices, so that those keep the PCI slots that they have always had.</summary>
    private static void AddDisplay(QemuArguments arguments, MachineSpec spec, Architecture architecture)
    {
        if (!spec.Display)
        {
            return;
        }

        if (architecture == Architecture.Arm64)
        {
            arguments
                .Add("-device", $"virtio-gpu-pci,id={DisplayDevice}", "a display; the board has none")
                .Add("-device", $"virtio-keyboard-pci,id={KeyboardDevice}", "and its keyboard");
        }
        else
        {
            arguments.Add("-device", $"VGA,id={DisplayDevice}", "a display that firmware, boot loaders and every kernel can draw on; the board has a keyboard");
        }

        arguments
            .Add("-device", "virtio-tablet-pci", "a pointer that is where the viewer's is")
            .Add("-vnc", "none,password=on", "a VNC server that does not listen until it is told to, and lets nobody in without a password");
    }
}
