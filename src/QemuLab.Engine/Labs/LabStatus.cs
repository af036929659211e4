using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A lab as it stands: its plan and what is known of its machines.</summary>
/// <param name="Plan">Machines that the file no longer has come last.</param>
/// <param name="File">The absolute path of the lab file that it was launched from.</param>
/// <param name="Machines">In the plan's order; machines that the file no longer has come last.</param>
public sealed record LabStatus(string Name, string File, LabPlan Plan, IReadOnlyList<MachineStatus> Machines)
{
    /// <summary>Machines that run with something else than was asked for since.</summary>
    public IReadOnlySet<string> RestartRequired { get; init; } = new HashSet<string>();

    /// <summary>What is made worse on purpose on its networks.</summary>
    public IReadOnlyList<NetworkFault> Faults { get; init; } = [];
}

/// <summary>How a machine is stopped.</summary>
/// <param name="GracePeriod">How long the guest may take after the power button; null: as its spec says; zero: no button, QEMU is ended at once.</param>
public sealed record StopOptions(TimeSpan? GracePeriod = null);
