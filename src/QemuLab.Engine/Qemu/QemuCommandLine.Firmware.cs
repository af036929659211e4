using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    private const string VarsNode = "firmware-vars";

    private static void AddFirmware(QemuArguments arguments, FirmwarePlan firmware, bool hasDisplay)
    {
        switch (firmware)
        {
            case FirmwarePlan.Uefi uefi:
                arguments
                    .AddOption("-blockdev", null, [("driver", "raw"), ("node-name", "firmware-code"), ("read-only", "on"), ("file.driver", "file"), ("file.filename", uefi.Code)], "UEFI's code, shared and read-only")
                    .AddOption("-blockdev", null, [("driver", "qcow2"), ("node-name", VarsNode), ("file.driver", "file"), ("file.filename", uefi.Vars)], "UEFI's variables, this machine's own; qcow2 so that a snapshot can hold them")
                    .Add("-machine", $"pflash0=firmware-code,pflash1={VarsNode}", "both as flash memory");
                break;
            case FirmwarePlan.DirectKernel kernel:
                arguments.Add("-kernel", kernel.Kernel, "the kernel is handed over directly: no firmware, no boot loader, seconds saved");
                if (kernel.Initrd is not null)
                {
                    arguments.Add("-initrd", kernel.Initrd, "its initial RAM disk");
                }

                arguments.Add("-append", kernel.Append, "its command line");
                break;
            case FirmwarePlan.Bios when !hasDisplay:
                // SeaBIOS is what QEMU loads where nothing else is said.
                arguments.Add("-machine", "graphics=off", "there is no screen: the BIOS and what it starts write to the serial console, and say so when they find nothing to boot");
                break;
        }
    }
}
