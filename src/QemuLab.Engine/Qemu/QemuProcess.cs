using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>A machine's QEMU process, by pid and start time, so that a pid that the kernel has given to another program is never taken for it.</summary>
/// <param name="Identity">The process.</param>
/// <param name="StartedAt">When its pid file was written: a clock that the next daemon reads the same.</param>
internal sealed record QemuProcess(ProcessIdentity Identity, DateTimeOffset StartedAt)
{
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

    /// <summary>SIGKILL, unless the pid means another process by now.</summary>
    public void Kill() => Identity.Kill();
}
