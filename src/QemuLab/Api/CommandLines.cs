using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Api;

/// <summary>The QEMU command line of a planned machine, each flag with its reason.</summary>
internal static class CommandLines
{
    public static IReadOnlyList<ArgumentView> Of(MachinePlan machine, LabPlan plan) =>
        [.. QemuCommandLine.For(machine, plan.Host).Items.Select(item => new ArgumentView(item.Flag, item.Value, item.Reason))];
}
