using System.Diagnostics;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// QEMU processes that a former daemon has started and that have no pid file yet: on a busy host that takes a second, and a
/// daemon that dies meanwhile is followed by one that would not find them. Linux only; elsewhere none is seen.
/// </summary>
internal sealed class QemuBirths
{
    /// <summary>It hangs then, or somebody has removed its pid file: the others are not held up by it any longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>All machines are looked for at the same moment: the processes are read once for them.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private IReadOnlyList<string> commandLines = [];
    private long read;

    /// <summary>Waits until a QEMU of the machine that is about to come up has its pid file, or has gone again.</summary>
    /// <returns>Whether there was one to wait for.</returns>
    public async Task<bool> AwaitAsync(MachinePlan plan, CancellationToken cancellation)
    {
        if (!IsUnderWay(plan))
        {
            return false;
        }

        for (long start = Stopwatch.GetTimestamp(); IsUnderWay(plan) && ProcessIdentity.FromPidFile(plan.Directory.PidFile) is null && Stopwatch.GetElapsedTime(start) < Limit;)
        {
            await Task.Delay(Look, cancellation);
        }

        return true;
    }

    /// <summary>Some QEMU has been given the machine's pid file. Its UUID would not do: a lab of that name in another home has the same.</summary>
    private bool IsUnderWay(MachinePlan plan)
    {
        string argument = $"-pidfile\0{plan.Directory.PidFile}\0";
        return Qemus().Any(line => line.Contains(argument, StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Qemus()
    {
        lock (gate)
        {
            if (read == 0 || Stopwatch.GetElapsedTime(read) > Fresh)
            {
                commandLines = [.. ProcessList.CommandLines().Where(line => line.Contains("-pidfile", StringComparison.Ordinal))];
                read = Stopwatch.GetTimestamp();
            }

            return commandLines;
        }
    }
}
