namespace QemuLab.Engine.Machines;

/// <summary>
/// What the run strategies allow and ask for: KubeVirt's matrix of start, stop and restart with its conflicts
/// (virt-api 1.9), and its back-off for starts that fail.
/// </summary>
public static class RunStrategyRules
{
    /// <summary>A run that lasted this long was no failed start, whether its guest was ever ready or not.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(300);

    /// <summary>The strategy after a start.</summary>
    /// <exception cref="QemuLabException">The machine runs, or its strategy does not let it be started by hand now.</exception>
    public static RunStrategy AfterStart(RunStrategy strategy, MachineStatus machine) => (strategy, machine.State) switch
    {
        _ when machine.IsUp => throw Conflict("machine-runs", $"{machine.Name} is {machine.State} already", $"to boot it anew: qemulab restart {machine.Name}"),
        (_, MachineState.Suspended) => strategy,
        (_, MachineState.CrashLoopBackOff) => throw Conflict("start-comes", $"{machine.Name} is started again by itself, as its run strategy {strategy} asks: {machine.Reason}", $"to give that up: qemulab stop {machine.Name}"),
        (RunStrategy.Once, _) => throw Conflict("runs-once", $"{machine.Name} has the run strategy Once, and is not started by hand", "give it another runStrategy in the lab file, and launch the lab"),
        (RunStrategy.Halted, _) => RunStrategy.Always,
        _ => strategy,
    };

    /// <summary>The strategy after a stop.</summary>
    /// <param name="strategy">The one before.</param>
    /// <param name="machine">The machine as it is.</param>
    /// <param name="awaitsStart">A start of it waits for other machines, and is given up.</param>
    /// <exception cref="QemuLabException">There is nothing to stop.</exception>
    public static RunStrategy AfterStop(RunStrategy strategy, MachineStatus machine, bool awaitsStart = false) => strategy switch
    {
        RunStrategy.Always or RunStrategy.Once => RunStrategy.Halted,
        _ when machine.IsUp || awaitsStart || machine.State == MachineState.CrashLoopBackOff => strategy,
        _ => throw NotRunning(machine),
    };

    /// <exception cref="QemuLabException">The machine does not run, or its strategy does not let it be restarted by hand.</exception>
    public static void EnsureRestart(RunStrategy strategy, MachineStatus machine)
    {
        if (!machine.IsUp)
        {
            throw NotRunning(machine);
        }

        if (strategy is RunStrategy.Halted or RunStrategy.Once)
        {
            throw Conflict("no-restart", $"{machine.Name} has the run strategy {strategy}, which knows no restart", $"to boot it anew where it is: qemulab reset {machine.Name}");
        }
    }

    /// <summary>Whether a machine that has ended, and was not told to, is to be started again.</summary>
    public static bool StartsAgain(RunStrategy strategy, bool failed) => strategy == RunStrategy.Always || (strategy == RunStrategy.RerunOnFailure && failed);

    /// <summary>Whether a launch of the lab starts a machine that does not run.</summary>
    /// <param name="strategy">The lab file's.</param>
    /// <param name="hasRun">It was started before, since it was made.</param>
    public static bool LaunchStarts(RunStrategy strategy, bool hasRun) => strategy switch
    {
        RunStrategy.Halted => false,
        RunStrategy.Once => !hasRun,
        _ => true,
    };

    /// <summary>How long to wait before the next start: 10·n² seconds and up to half of that more, 300 seconds at most.</summary>
    /// <param name="failures">Starts in a row that have failed; 0: none, so no wait.</param>
    /// <param name="jitter">From 0 to 1: how much of the half is added, so that not all machines start at one time.</param>
    public static TimeSpan Delay(int failures, double jitter)
    {
        double seconds = 10d * failures * failures;
        double whole = seconds + (jitter * seconds / 2);
        return whole < LongestDelay.TotalSeconds ? TimeSpan.FromSeconds(whole) : LongestDelay;
    }

    private static QemuLabException NotRunning(MachineStatus machine) => Conflict(
        "machine-not-running",
        $"{machine.Name} is {machine.State}, and not running",
        machine.State == MachineState.Suspended ? $"go on with it: qemulab resume {machine.Name}" : $"start it: qemulab start {machine.Name}");

    private static QemuLabException Conflict(string code, string message, string hint) => new(ErrorKind.Conflict, code, message, hint);
}
