using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class StatusTextTests
{
    [Theory]
    [InlineData(MachineState.Running, BootPhase.Ready, null, "Running (ready)")]
    [InlineData(MachineState.Running, BootPhase.Login, null, "Running (booting: cloud-init)")]
    [InlineData(MachineState.Running, BootPhase.Process, null, "Running (booting: firmware)")]
    [InlineData(MachineState.Running, BootPhase.Failed, "cloud-init failed\nmore", "Running (not ready: cloud-init failed)")]
    [InlineData(MachineState.Failed, BootPhase.None, "no space left", "Failed: no space left")]
    [InlineData(MachineState.Failed, BootPhase.None, null, "Failed")]
    [InlineData(MachineState.Stopped, BootPhase.None, "by its user", "Stopped")]
    public void A_state_is_told_in_one_cell(MachineState state, BootPhase phase, string? reason, string text) =>
        Assert.Equal(text, StatusText.For(state, phase, reason));
}
