namespace QemuLab.Engine.Boots;

/// <summary>By which words on a console a stage is known. Words of an earlier stage say nothing once a later one was seen.</summary>
internal static class ConsoleStages
{
    /// <summary>The latest stage first: what a line tells is the farthest that it tells of.</summary>
    private static readonly (BootStage Stage, string Words)[] Known =
    [
        (BootStage.CloudInitFinal, "running 'modules:final'"),
        (BootStage.CloudInitFinal, "Starting cloud-final.ser"),
        (BootStage.CloudInitConfig, "running 'modules:config'"),
        (BootStage.CloudInitConfig, "Starting cloud-config.se"),
        (BootStage.CloudInitNetwork, "running 'init' at"),
        (BootStage.CloudInitNetwork, "Starting cloud-init.serv"),
        (BootStage.CloudInitNetwork, "Starting cloud-init-network."),
        (BootStage.CloudInitNetwork, "micro: network up"),
        (BootStage.CloudInitLocal, "running 'init-local'"),
        (BootStage.CloudInitLocal, "Starting cloud-init-local."),
        (BootStage.CloudInitLocal, "Starting cloud-init-main."),
        (BootStage.Init, "micro: init"),
        (BootStage.Init, "Welcome to Debian"),
        (BootStage.Init, "Welcome to Ubuntu"),
        (BootStage.Init, "Welcome to Fedora"),
        (BootStage.Init, "Welcome to Alpine"),
        (BootStage.Init, "Set hostname to <"),
        (BootStage.Init, "Queued start job for default target"),
        (BootStage.Init, "Created slice system-"),
        (BootStage.Init, "Reached target "),
        (BootStage.Init, "INIT: version "),
        (BootStage.Init, "init started: BusyBox"),
        (BootStage.Init, "OpenRC "),
        (BootStage.Init, "Run /sbin/init as init process"),
        (BootStage.Initramfs, "Run /init as init process"),
        (BootStage.Initramfs, "Loading, please wait..."),
        (BootStage.Initramfs, "Begin: "),
        (BootStage.Initramfs, "Running in initrd"),
        (BootStage.Initramfs, "Running in initial RAM disk"),
        (BootStage.Initramfs, "dracut"),
        (BootStage.Initramfs, "(initramfs)"),
        (BootStage.Initramfs, "micro: the root file system ("),
        (BootStage.Kernel, "Linux version "),
        (BootStage.Kernel, "Decompressing Linux"),
        (BootStage.Kernel, "Booting Linux on physical CPU"),
        (BootStage.Kernel, "Booting the kernel"),
        (BootStage.Kernel, "Kernel command line: "),
        (BootStage.BootLoader, "GNU GRUB "),
        (BootStage.BootLoader, "Welcome to GRUB"),
        (BootStage.BootLoader, "GRUB loading"),
        (BootStage.BootLoader, "grub rescue>"),
        (BootStage.BootLoader, "grub>"),
        (BootStage.BootLoader, "Loading Linux "),
        (BootStage.BootLoader, "EFI stub: "),
        (BootStage.BootLoader, "BdsDxe: starting Boot"),
        (BootStage.BootLoader, "systemd-boot"),
        (BootStage.BootLoader, "SYSLINUX "),
        (BootStage.BootLoader, "ISOLINUX "),
        (BootStage.BootLoader, "U-Boot "),
        (BootStage.Firmware, "SeaBIOS "),
        (BootStage.Firmware, "Booting from "),
        (BootStage.Firmware, "BdsDxe: "),
        (BootStage.Firmware, "UEFI "),
        (BootStage.Firmware, "TianoCore"),
        (BootStage.Firmware, "iPXE "),
        (BootStage.Firmware, ">>Start "),
        (BootStage.Firmware, "No bootable device"),
    ];

    /// <summary>What UEFI starts when it has found nothing to boot.</summary>
    private const string UefiShell = "EFI Internal Shell";

    /// <summary>What a line tells of; null where it tells nothing new.</summary>
    /// <param name="line">Without escape sequences.</param>
    /// <param name="reached">The farthest stage that was seen.</param>
    /// <param name="isWhole">The line has its end; of one that has none only a prompt says something, because what follows may say the opposite.</param>
    public static BootStage? Of(string line, BootStage reached, bool isWhole = true)
    {
        if (!isWhole && !line.EndsWith('>') && !line.EndsWith(')'))
        {
            return null;
        }

        foreach ((BootStage stage, string words) in Known)
        {
            if (stage <= reached)
            {
                break;
            }

            if (line.Contains(words, StringComparison.Ordinal) && !line.Contains(UefiShell, StringComparison.Ordinal))
            {
                return stage;
            }
        }

        return reached < BootStage.Kernel && IsKernelTime(line) ? BootStage.Kernel : null;
    }

    /// <summary><c>[    0.123456] …</c>: a kernel that is not quiet puts the time before each line.</summary>
    private static bool IsKernelTime(string line)
    {
        ReadOnlySpan<char> rest = line.AsSpan();
        if (rest.Length < 8 || rest[0] != '[')
        {
            return false;
        }

        rest = rest[1..].TrimStart(' ');
        int dot = rest.IndexOf('.'), end = rest.IndexOf("] ");
        return dot > 0 && end == dot + 7 && !rest[..dot].ContainsAnyExceptInRange('0', '9') && !rest[(dot + 1)..end].ContainsAnyExceptInRange('0', '9');
    }
}
