using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>Verbs on all machines where not all of them can: the real binary and the real routes over labs of fakes.</summary>
public sealed class PowerCommandTests
{
    [Fact]
    public async Task Suspend_all_leaves_out_what_does_not_run_and_goes_on_after_a_lab_that_cannot()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: {}, b: { runStrategy: Always } }");
        await daemon.Labs.LaunchAsync(FakeLab.Source("name: k\nimage: micro\ngroups: { c: {} }"), new LaunchOptions(), null);
        FakeHypervisor hypervisor = daemon.Lab.Hypervisor;
        hypervisor.Running["c"].FailingSnapshot = "No space left on device";
        hypervisor.Refuses["b"] = "the disk is gone";
        hypervisor.Running["b"].End("killed");
        await FakeLab.UntilAsync(() => daemon.Labs.Labs[1].Machines[1].State == MachineState.CrashLoopBackOff);

        CommandResult suspended = await daemon.RunAsync("suspend", "--all");

        Assert.Equal((1, "l/a: suspended\n"), (suspended.ExitCode, suspended.Output));
        Assert.Contains("error: c: No space left on device [QL0189]", suspended.Error.Split('\n'));
        Assert.Equal(["c"], hypervisor.Running.Keys);
    }
}
