namespace QemuLab.Engine.Hosts;

/// <summary>Which start of the host the daemon has last seen, kept in the home: what is done once after each start is done by it.</summary>
public sealed class BootRecord(StatePaths paths, ICommandRunner runner)
{
    private const string LinuxBoot = "/proc/sys/kernel/random/boot_id";

    /// <summary>
    /// Whether the host was started anew since the last call, in whichever process; the answer is yes only once. A home that
    /// knows of no earlier start says no: nothing is known to have been running then.
    /// </summary>
    public async Task<bool> IsFirstSinceBootAsync(CancellationToken cancellation = default)
    {
        string boot = File.Exists(LinuxBoot)
            ? (await File.ReadAllTextAsync(LinuxBoot, cancellation)).Trim()
            : (await new MacHost(runner).KernelAsync(cancellation)).Boot;
        string? last = File.Exists(paths.LastBoot) ? (await File.ReadAllTextAsync(paths.LastBoot, cancellation)).Trim() : null;
        AtomicFile.Update(paths.LastBoot, boot + "\n");
        return last is { Length: > 0 } && last != boot;
    }
}
