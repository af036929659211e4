namespace QemuLab.Engine.Boots;

/// <summary>The causes that a console tells of, the one that explains most first.</summary>
internal static class ConsoleCauses
{
    private const string NoLoader = "the firmware found nothing to boot: no disk of the machine has a boot loader for it";
    private const string TryOther = "is it an image that boots this way? Try another: firmware: uefi, bios or kernel in the lab file, then: qemulab restart NAME";
    private const string NotStarted = "UEFI could not start $1";
    private const string CheckImage = "is the image whole, and for this architecture? qemulab logs NAME";
    private const string ReadAll = "read what comes before: qemulab logs NAME";

    public static IReadOnlyList<ConsoleCause> All { get; } =
    [
        .. Kernel, .. Loader, .. System, .. Services, .. Resources,
    ];

    private static IEnumerable<ConsoleCause> Kernel =>
    [
        new("kernel-panic-no-root", "(?:Unable to mount root fs|VFS: Cannot open root device|Cannot open root device) ?(.*)", "the kernel found no root file system", "is root= in its command line right (firmware.append), and has it the driver of the disk, virtio_blk, or an initrd with it?") { IsFinal = true },
        new("kernel-panic-no-init", "Kernel panic - not syncing: (?:No working init found|Requested init .* failed)", "the kernel found no program to start as the first process", "is init= in its command line right (firmware.append), and is the root file system whole?") { IsFinal = true },
        new("kernel-panic-init-died", "Kernel panic - not syncing: Attempted to kill init!", "the guest's first process ended, and a kernel without it stands still", "what it said before tells why: qemulab logs NAME; is init= right, and the initrd of the same image?") { IsFinal = true },
        new("out-of-memory-at-boot", "Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory)|Initramfs unpacking failed: write error|error: out of memory\\.", "the guest has too little memory to boot", "give it more: memory in the lab file, then: qemulab restart NAME"),
        new("kernel-panic", "Kernel panic - not syncing: (?!VFS: Unable|Attempted to kill init|No working init|Requested init|Out of memory|System is deadlocked)(.*)", "the guest's kernel panicked: $1", ReadAll) { IsFinal = true },
        new("wrong-architecture", "invalid opcode|Illegal instruction|Exec format error|This kernel requires an? .* CPU|CPU does not support x86-64-v|Unsupported image type|Image type .* can't be loaded", "the guest runs code that is not for this CPU", "is it an image for this architecture? Else ask for more of the CPU: cpuModel: max in the lab file, then: qemulab restart NAME"),
    ];

    private static IEnumerable<ConsoleCause> Loader =>
    [
        new("grub-rescue", "grub rescue>|Entering rescue mode", "GRUB did not find its own files, and waits at its rescue prompt", "the disk's boot partition is damaged or was moved: make the disk anew: qemulab delete NAME, then qemulab launch-all") { Until = BootStage.Kernel, IsFinal = true },
        new("grub-prompt", "^grub>", "GRUB has no menu to start from, and waits for a command", "its grub.cfg is missing on the disk; see its screen: qemulab logs NAME") { Until = BootStage.Kernel, IsFinal = true },
        new("grub-menu", "Use the .* keys to (?:select|change)|Press enter to boot the selected OS", "GRUB shows its menu, and starts nothing by itself", "does its configuration have a time-out (GRUB_TIMEOUT)? Its screen: qemulab logs NAME") { Until = BootStage.Kernel },
        new("no-bootable-device", "No bootable (?:device|option).*|not a bootable disk|Boot failed: could not read the boot disk", NoLoader, TryOther) { Until = BootStage.Kernel, IsFinal = true },
        new("no-bootable-device", "BdsDxe: failed to load Boot\\d+ .*: Not Found", NoLoader, TryOther) { Until = BootStage.BootLoader },
        new("uefi-shell", "UEFI Interactive Shell|^Shell>", "UEFI found nothing to boot, and has started its shell", "is it an image that boots by UEFI? Else: firmware: bios in the lab file, then: qemulab restart NAME") { Until = BootStage.Kernel, IsFinal = true },
        new("network-boot", ">>Start (?:PXE|HTTP Boot) over|PXE-E\\d\\d", "the firmware looks for a boot loader on the network", "where that is not wanted, is it an image that boots by UEFI?") { Kind = BootFindingKind.Note, Until = BootStage.BootLoader, IsLastOf = true },
        new("boot-entry-failed", "BdsDxe: failed to load (Boot\\d+ \"[^\"]*\").*: (?!Not Found)[A-Z].*", NotStarted, CheckImage) { Until = BootStage.BootLoader },
        new("boot-entry-failed", "BdsDxe: failed to start (Boot\\d+ \"[^\"]*\").*", NotStarted, CheckImage) { Until = BootStage.Kernel },
    ];

    private static IEnumerable<ConsoleCause> System =>
    [
        new("root-not-found", "ALERT! +(.+) does not exist|Gave up waiting for root .*|the root file system \\((.+)\\) was not found|Warning: (/dev/\\S+) does not exist", "the initramfs found no root file system", "is root= in the kernel's command line right (firmware.append), and the initrd of the same image?") { Until = BootStage.Init, IsFinal = true },
        new("initramfs-shell", "^\\(initramfs\\)|^dracut:/# ?|^[~/] #$", "the initramfs could not go on, and waits with a shell", ReadAll) { Until = BootStage.Init, IsFinal = true },
        new("file-system-check", "UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY|fsck failed with exit", "a file system is damaged, and is not mended by itself", "mend it on the console, or make the disk anew: qemulab delete NAME, then qemulab launch-all") { Until = BootStage.Login },
        new("emergency-mode", "You are in (?:emergency|rescue) mode|Give root password for maintenance|Cannot open access to console, the root account is locked", "systemd gave up its start, and is in emergency mode: mostly a file system of /etc/fstab that is not there", "which unit failed stands before it: qemulab logs NAME") { Until = BootStage.Login, IsFinal = true },
    ];

    private static IEnumerable<ConsoleCause> Services =>
    [
        new("sshd-failed", "Failed to start (?:ssh|sshd|dropbear)[^a-z].*|Failed to start .*Secure Shell.*|Unit sshd?\\.service is masked|sshd does not start: .*|sshd?\\.service: Failed with result", "the guest's SSH server does not start", "is it in the image, with host keys and a configuration that is right? On the console: qemulab logs NAME") { Until = BootStage.Login },
        new("cloud-init-failed", "cloud-init\\[\\d+\\]: .*(?:\\[ERROR\\]|\\[CRITICAL\\]).*|Failed loading yaml blob.*|util\\.py\\[WARNING\\]: (?:Failed|Running).*|micro: error: (?!sshd)(.*)", "cloud-init fails", "qemulab ssh NAME -- cloud-init status --long; the user-data is the lab file's userData"),
        new("cloud-init-schema", "cloud-config failed schema validation|Invalid cloud-config provided|schema\\.py\\[(?:WARNING|ERROR)\\].*|micro: warning: (user-data .*)", "cloud-init finds user-data that it does not understand, and passes over it", "look at userData in the lab file; what is wrong with it: qemulab ssh NAME -- sudo cloud-init schema --system") { Kind = BootFindingKind.Warning },
        new(BootConditions.AddressTaken, "[Dd]uplicate address|[Aa]ddress conflict|DAD (?:failed|detected duplicate)", "another machine has its address already", "who has it: qemulab network check; then give it another: address in the lab file") { Kind = BootFindingKind.Warning },
        new("job-waits", "A (?:start|stop) job is running for (.+?) \\(", "systemd waits: $1", "what it waits for may never come: its time limit stands behind it") { Kind = BootFindingKind.Note, Until = BootStage.Login, IsLastOf = true },
        new("console-login-refused", "Login incorrect", "somebody has tried to log in on the console, with a password that is not right", "images have no password: qemulab ssh NAME, or set one by userData (chpasswd)") { Kind = BootFindingKind.Warning },
    ];

    private static IEnumerable<ConsoleCause> Resources =>
    [
        new("guest-disk-full", "No space left on device", "a disk of the guest's is full", "give it a larger one, which grows at once: qemulab set NAME disk=40GiB") { Kind = BootFindingKind.Warning, ExplainsFaults = true },
        new("disk-io-error", "I/O error, dev (\\S+)|Buffer I/O error on dev (\\S+)|EXT4-fs error \\(device", "the guest cannot read or write a disk", "what QEMU says of it: qemulab logs --qemu NAME; is this host's disk in order?") { Kind = BootFindingKind.Warning },
        new("oom-kill", "Out of memory: Killed process \\d+ \\(([^)]+)\\)", "the guest is short of memory, and has killed $1", "give it more: memory in the lab file, then: qemulab restart NAME") { Kind = BootFindingKind.Warning, ExplainsFaults = true },
        new("cpu-stall", "watchdog: BUG: soft lockup|rcu: INFO: rcu_\\S+ (?:self-)?detected (?:expedited )?stalls|rcu_\\S+ detected stalls", "the guest's CPUs do not get on: the host is overloaded, or was asleep", "boot fewer machines at a time, or give the guest fewer cpus") { Kind = BootFindingKind.Warning },
        new("kernel-oops", "(?:Oops|general protection fault|kernel BUG at)[ :,](.*)", "the guest's kernel has met a bug: $1", ReadAll) { Kind = BootFindingKind.Warning },
    ];
}
