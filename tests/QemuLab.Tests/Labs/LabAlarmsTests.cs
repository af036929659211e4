using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

public sealed class LabAlarmsTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        defaults: { memory: 128MiB, disks: [{ name: data, size: 1GiB }] }
        groups: { a: {} }
        """;

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private async Task<LabSupervisor> UpAsync()
    {
        LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Text), new LaunchOptions(), null);
        return labs;
    }

    [Fact(Timeout = 30_000)]
    public async Task An_alarm_is_told_once_and_counted_after_that()
    {
        await using LabSupervisor labs = await UpAsync();
        FakeMachine qemu = lab.Hypervisor.Running["a"];

        for (int i = 0; i < 3; i++)
        {
            qemu.Tell("BLOCK_IO_ERROR", """{"node-name":"disk-data","operation":"read","action":"report","reason":"Input/output error"}""");
        }

        await FakeLab.UntilAsync(() => labs.Labs[0].Machines[0].Alarms is [{ Count: 3 }]);
        LabEvent told = Assert.Single(labs.Events.Since(0), happened => happened.Kind == LabEventKind.Alarm);
        Assert.Equal(("DiskFailed", "its disk data could not be read: Input/output error; the guest was told"), (told.Word, told.Message));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_panic_has_the_consoles_last_lines()
    {
        await using LabSupervisor labs = await UpAsync();
        FakeMachine qemu = lab.Hypervisor.Running["a"];
        qemu.ConsoleTail = ["Kernel panic - not syncing: Attempted to kill init!"];

        qemu.Tell("GUEST_PANICKED", """{"action":"poweroff"}""");
        qemu.Tell("SHUTDOWN", """{"guest":true,"reason":"guest-panic"}""");
        qemu.End(null);

        await FakeLab.UntilAsync(() => labs.Labs[0].Machines[0].State == MachineState.Failed);
        Assert.StartsWith("the guest's kernel panicked: Attempted to kill init!\nKernel panic - ", labs.Labs[0].Machines[0].Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_daemon_that_comes_later_finds_what_is_corrupted()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            lab.Hypervisor.Running["a"].Corrupted = ["disk-data", "seed"];
        }

        await using LabSupervisor second = await lab.StartAsync();

        MachineAlarm alarm = Assert.Single(second.Labs[0].Machines[0].Alarms);
        Assert.Equal((MachineAlarmKind.DiskCorrupted, "data"), (alarm.Kind, alarm.Disk));
        Assert.Contains(lab.Paths.Machine("l", "a").ExtraDisk("data"), alarm.Hint, StringComparison.Ordinal);
    }
}
