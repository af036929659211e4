using System.Runtime.InteropServices;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Finds out what this host can do. What needs programs to be started (QEMU's version, the accelerator) is remembered in
/// the home folder until QEMU, the kernel, the boot or /dev/kvm changes.
/// </summary>
public static class HostProbe
{
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);

    /// <summary>The whole probe: under 60 ms when the verdict is remembered, else as long as an accelerator may hang (2 s).</summary>
    /// <param name="paths">The home folder.</param>
    /// <param name="runner">Starts QEMU.</param>
    /// <param name="rights">Tells whether there can be bridges.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static async Task<HostFacts> ProbeAsync(StatePaths paths, ICommandRunner runner, NetworkRights rights, CancellationToken cancellation = default)
    {
        bool isMac = OperatingSystem.IsMacOS();
        var mac = new MacHost(runner);
        (string kernel, string boot) = isMac ? await mac.KernelAsync(cancellation) : LinuxKernel();
        MemoryFacts memory = isMac ? await mac.MemoryAsync(cancellation) : LinuxMemory.Read();
        Architecture architecture = RuntimeInformation.OSArchitecture;
        (QemuFacts? qemu, AcceleratorFacts? accelerator) = await FindQemuAsync(paths, runner, architecture, kernel, boot, cancellation);
        FirmwareChoice firmware = qemu is null
            ? new FirmwareChoice(null, [])
            : new FirmwareProbe(Environment.GetEnvironmentVariable).Find(architecture, qemu);
        return await WithNetworkingAsync(new HostFacts
        {
            Platform = isMac ? HostPlatform.MacOS : HostPlatform.Linux,
            Architecture = architecture,
            KernelRelease = kernel,
            // Knows of affinity and of cgroup quotas.
            Cores = Environment.ProcessorCount,
            MemoryTotal = memory.Total,
            MemoryAvailable = memory.Available,
            DiskFree = FreeDisk(paths.Home),
            Limits = isMac ? null : LinuxLimits.Read(),
            Qemu = qemu,
            Accelerator = accelerator,
            Uefi = firmware.Found,
            FirmwareTried = firmware.Tried,
        }, rights, cancellation);
    }

    /// <summary>Only how much there is: no program is looked for.</summary>
    public static async Task<HostSize> SizeAsync(ICommandRunner runner, CancellationToken cancellation = default)
    {
        MemoryFacts memory = OperatingSystem.IsMacOS() ? await new MacHost(runner).MemoryAsync(cancellation) : LinuxMemory.Read();
        return new HostSize(Environment.ProcessorCount, memory.Available);
    }

    /// <summary>What changes by the minute: memory (as it was, on macOS, which tells it only through a program), free disk, limits and networks. Starts no program, but for a network helper that is newly allowed.</summary>
    public static Task<HostFacts> RefreshAsync(HostFacts facts, StatePaths paths, NetworkRights rights, CancellationToken cancellation = default) => WithNetworkingAsync(facts with
    {
        MemoryAvailable = facts.Platform == HostPlatform.Linux ? LinuxMemory.Read().Available : facts.MemoryAvailable,
        DiskFree = FreeDisk(paths.Home),
        Limits = facts.Platform == HostPlatform.Linux ? LinuxLimits.Read() : null,
    }, rights, cancellation);

    private static async Task<HostFacts> WithNetworkingAsync(HostFacts facts, NetworkRights rights, CancellationToken cancellation)
    {
        string? dnsmasq = new ProgramSearch(Environment.GetEnvironmentVariable("PATH")).Find("dnsmasq");
        QemuLabException? refusal = await rights.RefusalAsync(cancellation) ?? (dnsmasq is null ? Dnsmasq.Missing() : null);
        return facts with
        {
            SubnetsInUse = HostSubnets.Find(),
            Dnsmasq = dnsmasq,
            BridgeRefusal = refusal?.Message,
            BridgeRemedy = refusal?.Hint,
            HasVhostNet = File.Exists("/dev/vhost-net") && CanOpen("/dev/vhost-net"),
        };
    }

    private static bool CanOpen(string device)
    {
        try
        {
            using var opened = new FileStream(device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<(QemuFacts?, AcceleratorFacts?)> FindQemuAsync(
        StatePaths paths, ICommandRunner runner, Architecture architecture, string kernel, string boot, CancellationToken cancellation)
    {
        var programs = new ProgramSearch(Environment.GetEnvironmentVariable("PATH"));
        // RHEL and its relatives have one QEMU, outside of PATH.
        if (programs.Find(QemuRequirement.ProgramFor(architecture), "/usr/libexec/qemu-kvm") is not { } system
            || programs.Find("qemu-img") is not { } img)
        {
            return (null, null);
        }

        KvmDevice? device = OperatingSystem.IsMacOS() ? null : KvmDevice.Look();
        var cache = new ProbeCache(paths.ProbeCache);
        string key = ProbeCache.KeyFor(system, kernel, boot, device);
        if (cache.Read(key) is not { } entry)
        {
            TryCreate(paths.Home);
            Version version = await VersionAsync(system, runner, cancellation);
            entry = new ProbeCacheEntry(key, version, version < QemuRequirement.MinimumVersion
                ? null
                : await new AcceleratorProbe(runner, paths.Home).RunAsync(system, architecture, device?.Access, cancellation));
            cache.Write(entry);
        }

        return (new QemuFacts(system, img, entry.QemuVersion), entry.Accelerator);
    }

    private static async Task<Version> VersionAsync(string qemu, ICommandRunner runner, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(new Command(qemu, "--version") { TimeLimit = VersionLimit }, cancellation);
        return QemuRequirement.ParseVersion(result.Output) ?? throw new QemuLabException(
            ErrorKind.Failed, "qemu-broken", $"{qemu} --version gave no version: {(result.Output + result.Error).Trim()}", "is QEMU installed as a whole? Try to install it again");
    }

    private static void TryCreate(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // Reported by the doctor and by whatever has to be written there.
        }
    }

    private static (string KernelRelease, string Boot) LinuxKernel() =>
        (File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>Of the file system that the folder is on, or will be on.</summary>
    private static ByteSize FreeDisk(string folder)
    {
        string? existing = folder;
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        return new ByteSize(new DriveInfo(existing ?? "/").AvailableFreeSpace);
    }
}

/// <summary>How much a host has to give.</summary>
/// <param name="Cores">That this process may use.</param>
/// <param name="MemoryAvailable">That nobody uses.</param>
public sealed record HostSize(int Cores, ByteSize MemoryAvailable);
