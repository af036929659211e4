using QemuLab.Engine;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Machines;

/// <summary>KubeVirt's matrix of strategies and verbs, row by row, and its back-off.</summary>
public sealed class RunStrategyRulesTests
{
    private const string Conflict = "409";

    [Theory]
    [InlineData(RunStrategy.Always, "Always", Conflict)]
    [InlineData(RunStrategy.RerunOnFailure, "RerunOnFailure", Conflict)]
    [InlineData(RunStrategy.Manual, "Manual", Conflict)]
    [InlineData(RunStrategy.Halted, "Always", Conflict)]
    [InlineData(RunStrategy.Once, Conflict, Conflict)]
    public void A_start_by_hand(RunStrategy strategy, string whenStopped, string inBackOff)
    {
        Assert.Equal(whenStopped, Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.Stopped))));
        Assert.Equal(whenStopped, Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.Failed))));
        Assert.Equal(inBackOff, Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.CrashLoopBackOff))));
        Assert.Equal(strategy.ToString(), Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.Suspended))));
        Assert.Equal(Conflict, Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.Running))));
        Assert.Equal(Conflict, Result(() => RunStrategyRules.AfterStart(strategy, In(MachineState.Paused))));
    }

    [Theory]
    [InlineData(RunStrategy.Always, "Halted", "Halted")]
    [InlineData(RunStrategy.RerunOnFailure, "RerunOnFailure", Conflict)]
    [InlineData(RunStrategy.Manual, "Manual", Conflict)]
    [InlineData(RunStrategy.Halted, "Halted", Conflict)]
    [InlineData(RunStrategy.Once, "Halted", "Halted")]
    public void A_stop(RunStrategy strategy, string whenRunning, string whenStopped)
    {
        Assert.Equal(whenRunning, Result(() => RunStrategyRules.AfterStop(strategy, In(MachineState.Running))));
        Assert.Equal(whenRunning, Result(() => RunStrategyRules.AfterStop(strategy, In(MachineState.CrashLoopBackOff))));
        Assert.Equal(whenStopped, Result(() => RunStrategyRules.AfterStop(strategy, In(MachineState.Stopped))));
    }

    [Theory]
    [InlineData(RunStrategy.Always, "")]
    [InlineData(RunStrategy.RerunOnFailure, "")]
    [InlineData(RunStrategy.Manual, "")]
    [InlineData(RunStrategy.Halted, Conflict)]
    [InlineData(RunStrategy.Once, Conflict)]
    public void A_restart(RunStrategy strategy, string whenRunning)
    {
        Assert.Equal(whenRunning, Result(() => Restarted(strategy, MachineState.Running)));
        Assert.Equal(Conflict, Result(() => Restarted(strategy, MachineState.Stopped)));
    }

    [Theory]
    [InlineData(RunStrategy.Always, true, true)]
    [InlineData(RunStrategy.RerunOnFailure, false, true)]
    [InlineData(RunStrategy.Manual, false, false)]
    [InlineData(RunStrategy.Halted, false, false)]
    [InlineData(RunStrategy.Once, false, false)]
    public void What_has_ended_starts_again(RunStrategy strategy, bool afterShutdown, bool afterFailure)
    {
        Assert.Equal(afterShutdown, RunStrategyRules.StartsAgain(strategy, failed: false));
        Assert.Equal(afterFailure, RunStrategyRules.StartsAgain(strategy, failed: true));
    }

    [Theory]
    [InlineData(RunStrategy.Always, true, true)]
    [InlineData(RunStrategy.RerunOnFailure, true, true)]
    [InlineData(RunStrategy.Manual, true, true)]
    [InlineData(RunStrategy.Halted, false, false)]
    [InlineData(RunStrategy.Once, true, false)]
    public void A_launch_starts(RunStrategy strategy, bool theFirstTime, bool again)
    {
        Assert.Equal(theFirstTime, RunStrategyRules.LaunchStarts(strategy, hasRun: false));
        Assert.Equal(again, RunStrategyRules.LaunchStarts(strategy, hasRun: true));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 10, 15)]
    [InlineData(2, 40, 60)]
    [InlineData(3, 90, 135)]
    [InlineData(4, 160, 240)]
    [InlineData(5, 250, 300)]
    [InlineData(6, 300, 300)]
    [InlineData(1_000_000, 300, 300)]
    public void Each_failure_makes_the_wait_longer(int failures, int least, int most)
    {
        Assert.Equal(TimeSpan.FromSeconds(least), RunStrategyRules.Delay(failures, 0));
        Assert.Equal(TimeSpan.FromSeconds(most), RunStrategyRules.Delay(failures, 1));
    }

    private static string Restarted(RunStrategy strategy, MachineState state)
    {
        RunStrategyRules.EnsureRestart(strategy, In(state));
        return "";
    }

    private static string Result(Func<object> decide)
    {
        try
        {
            return decide().ToString()!;
        }
        catch (QemuLabException refused) when (refused.Kind == ErrorKind.Conflict)
        {
            Assert.NotNull(refused.Hint);
            return Conflict;
        }
    }

    private static string Result(Func<RunStrategy> decide) => Result(() => (object)decide());

    private static MachineStatus In(MachineState state) => new() { Lab = "l", Name = "a", Group = "a", State = state, Since = DateTimeOffset.UnixEpoch };
}
