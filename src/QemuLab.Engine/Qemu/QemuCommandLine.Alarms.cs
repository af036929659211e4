using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>After all other devices, so that those keep the PCI slots that they have always had.</summary>
    private static void AddPanic(QemuArguments arguments) => arguments
        .Add("-device", "pvpanic-pci", "the guest's kernel tells of its panic")
        .Add("-action", "panic=shutdown", "a machine that has panicked ends, and is told as failed");

    private static void AddWatchdog(QemuArguments arguments, WatchdogAction action)
    {
        if (action == WatchdogAction.None)
        {
            return;
        }

        string word = action switch
        {
            WatchdogAction.PowerOff => "poweroff",
            WatchdogAction.Pause => "pause",
            _ => "reset",
        };
        arguments
            .Add("-device", "i6300esb", "a watchdog, which counts once the guest has begun to feed it")
            .Add("-action", "watchdog=" + word, "what happens when the guest no longer does");
    }
}
