using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>A machine's QEMU process, by pid and start time, so that a pid that the kernel has given to another program is never taken for it.</summary>
/// <param name="Identity">The process.</param>
/// <param name="StartedAt">When its pid file was written: a clock that the next daemon reads the same.</param>
internal sealed record QemuProcess(ProcessIdentity Identity, DateTimeOffset StartedAt)
{
    private static readonly TimeSpan ExitPoll = TimeSpan.FromMilliseconds(10);

    public int Id => Identity.ProcessId;

    public bool IsAlive => Identity.IsAlive;

    /// <summary>The process that the machine's pid file names, if it runs and was started with the machine's UUID.</summary>
    public static async Task<QemuProcess?> FindAsync(MachinePlan plan, ICommandRunner runner, CancellationToken cancellation = default)
    {
        string pidFile = plan.Directory.PidFile;
        if (ProcessIdentity.FromPidFile(pidFile) is not { } identity)
        {
            return null;
        }

        string commandLine = await identity.CommandLineAsync(runner, cancellation);
        return commandLine.Contains(plan.Uuid.ToString(), StringComparison.Ordinal)
            ? new QemuProcess(identity, File.GetLastWriteTimeUtc(pidFile))
            : null;
    }

    /// <summary>Completes when it has gone, with how it ended as far as the kernel tells; never fails.</summary>
    /// <param name="closed">Completes when its control connection ends: where the kernel has no event for a process's end, that is looked for from then on.</param>
    public Task<ProcessEnd?> EndAsync(Task closed) => WatchEnd() ?? PollEndAsync(closed, ExitPoll);

    /// <summary>The same by the kernel's event; null where it has none.</summary>
    public Task<ProcessEnd?>? WatchEnd()
    {
        OomKills before = OomKills.Of(Id);
        return ExitWatch.Shared.TryWatch(Identity) is { } watched ? WithCauseAsync(watched, before) : null;
    }

    /// <summary>The same by looking, again and again.</summary>
    public async Task<ProcessEnd?> PollEndAsync(Task closed, TimeSpan interval)
    {
        await closed;
        while (IsAlive)
        {
            await Task.Delay(interval);
        }

        return null;
    }

    /// <summary>SIGKILL, unless the pid means another process by now.</summary>
    public void Kill() => Identity.Kill();

    private static async Task<ProcessEnd?> WithCauseAsync(Task<ProcessEnd?> watched, OomKills before) =>
        await watched is { Signal: NativeProcess.SigKill } killed && before.HaveRisen() ? killed with { OutOfMemory = true } : await watched;
}
