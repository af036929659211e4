using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Machines;

/// <summary>Whoever waits for a machine, and the machine goes.</summary>
public sealed class VirtualMachineTests : IDisposable
{
    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact(Timeout = 30_000)]
    public async Task Who_waits_for_a_machine_that_is_deleted_is_told()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"), new LaunchOptions(), null);
        Task<MachineStatus> wait = labs.Power.WaitAsync("l", "a", MachineWait.Parse("state=Paused"), null);

        await labs.Trash.DeleteAsync("l", "a", force: true);

        var gone = await Assert.ThrowsAsync<QemuLabException>(() => wait);
        Assert.Equal((ErrorKind.NotFound, "machine-gone", "a of lab l is gone: it was removed while it was waited for"), (gone.Kind, gone.Code, gone.Message));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_it_had_come_to_before_it_went_still_counts()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"), new LaunchOptions(), null);
        Task<MachineStatus> wait = labs.Power.WaitAsync("l", "a", MachineWait.Parse("stopped"), null);

        await labs.Trash.DeleteAsync("l", "a", force: true);

        Assert.Equal(MachineState.Stopped, (await wait).State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Nobody_begins_to_wait_for_one_that_has_gone()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        MachinePlan plan = (await labs.PlanAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"))).Machines[0];
        var machine = new VirtualMachine(plan, lab.Clock, (_, _) => Task.CompletedTask, (_, _) => { });
        Task<MachineStatus> before = machine.WhenAsync(status => status.IsUp, CancellationToken.None);

        await machine.DisposeAsync();

        Assert.Equal("machine-gone", (await Assert.ThrowsAsync<QemuLabException>(() => before)).Code);
        Assert.Equal("machine-gone", (await Assert.ThrowsAsync<QemuLabException>(() => machine.WhenAsync(status => status.IsUp, CancellationToken.None))).Code);
        Assert.Equal(MachineState.Stopped, (await machine.WhenAsync(status => !status.IsUp, CancellationToken.None)).State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_listens_hears_of_a_status_before_who_waits_for_it_goes_on()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        MachinePlan plan = (await labs.PlanAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"))).Machines[0];
        using var heard = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        await using var machine = new VirtualMachine(plan, lab.Clock, (_, _) => Task.CompletedTask, (_, _) =>
        {
            heard.Set();
            goOn.Wait();
        });

        machine.Post(new MachineMessage.Provisioning());
        await Task.Run(heard.Wait);
        Assert.Equal(MachineState.Provisioning, machine.Status.State);
        Task<MachineStatus> wait = machine.WhenAsync(status => status.State == MachineState.Provisioning, CancellationToken.None);
        Assert.False(wait.IsCompleted);

        goOn.Set();
        Assert.Equal(MachineState.Provisioning, (await wait).State);
        Assert.True(machine.WhenAsync(status => status.State == MachineState.Provisioning, CancellationToken.None).IsCompletedSuccessfully);
    }
}
