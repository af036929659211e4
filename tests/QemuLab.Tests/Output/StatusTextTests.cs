using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class StatusTextTests
{
    [Theory]
    [InlineData(MachineState.Running, BootPhase.Ready, null, "Running (ready)")]
    [InlineData(MachineState.Running, BootPhase.Login, null, "Running (booting: cloud-init)")]
    [InlineData(MachineState.Running, BootPhase.Console, null, "Running (booting: console)")]
    [InlineData(MachineState.Running, BootPhase.Console, "initramfs", "Running (booting: initramfs)")]
    [InlineData(MachineState.Running, BootPhase.Process, null, "Running (booting: firmware)")]
    [InlineData(MachineState.Running, BootPhase.Failed, "cloud-init failed\nmore", "Running (not ready: cloud-init failed)")]
    [InlineData(MachineState.Failed, BootPhase.None, "no space left", "Failed: no space left")]
    [InlineData(MachineState.Failed, BootPhase.None, null, "Failed")]
    [InlineData(MachineState.Stopped, BootPhase.None, "by its user", "Stopped")]
    public void A_state_is_told_in_one_cell(MachineState state, BootPhase phase, string? reason, string text) =>
        Assert.Equal(text, StatusText.For(state, phase, reason));

    [Fact]
    public void What_is_broken_about_a_machine_that_goes_on_is_told_beside_its_state()
    {
        MachineAlarm corrupted = new(MachineAlarmKind.DiskCorrupted, "its disk", null, default), watchdog = corrupted with { Kind = MachineAlarmKind.Watchdog };
        var machine = new MachineStatus { Lab = "k8s", Name = "web", Group = "web", State = MachineState.Running, Phase = BootPhase.Ready, Since = default, Alarms = [corrupted, watchdog, corrupted with { Disk = "data" }] };

        Assert.Equal("Running (ready), disk corrupted", StatusText.For(machine));
        Assert.Equal("Stopped", StatusText.For(machine with { State = MachineState.Stopped, Phase = BootPhase.None }));
    }
}
