using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>What is said of the stages of a machine whose QEMU has ended in the middle of one.</summary>
public sealed class StageViewTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task While_its_console_is_read_to_the_end_nothing_is_decided()
    {
        StagesView view = await EndedAsync(new StageProgress(0, 1, "down", "down", null));

        Assert.Null(view.Result);
        Assert.Equal(StagePhase.UnderWay, view.Stages[0].State);
    }

    [Fact]
    public async Task Where_no_daemon_has_seen_its_end_that_is_why_its_stage_has_failed()
    {
        StagesView view = await EndedAsync(null);

        Assert.Equal((1, "down", "it ended while no daemon was there"), (view.Result!.Code, view.Result.Stage, view.Result.Message));
        Assert.Equal(StagePhase.Failed, view.Stages[0].State);
    }

    /// <param name="known">What the daemon knows of its stages, beside what is kept.</param>
    private async Task<StagesView> EndedAsync(StageProgress? known)
    {
        await using LabSupervisor labs = await lab.StartAsync();
        MachinePlan plan = (await labs.PlanAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { box: { ready: stages, stages: [ { name: down, expect: Power down } ] } }\n"))).Machines[0];
        Directory.CreateDirectory(plan.Directory.Path);
        StageFile.Write(plan.Directory, new StageMachine("box", plan.Spec.Stages).Begin(7, Now, 0, Now));
        var status = new MachineStatus { Lab = "l", Name = "box", Group = "box", State = MachineState.Stopped, Since = Now, Stages = known };
        return status.Stages(plan, Now)!;
    }
}
