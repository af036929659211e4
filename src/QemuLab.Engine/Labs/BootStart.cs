using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Labs;

/// <summary>Starts the machines whose lab file says <c>autostart: true</c>, once after each start of the host. What fails is an event; the others go on.</summary>
/// <param name="labs">The engine, started.</param>
/// <param name="boot">Knows whether the host was started anew.</param>
public sealed class BootStart(LabSupervisor labs, BootRecord boot)
{
    /// <summary>The labs that have something to start now, with it; none where the host was not started anew since the last call.</summary>
    public async Task<IReadOnlyList<BootStartLab>> FindAsync(CancellationToken cancellation = default) =>
        !await boot.IsFirstSinceBootAsync(cancellation)
            ? []
            : [.. from lab in labs.Labs
                  let machines = MachinesOf(lab)
                  where machines.Count > 0
                  select new BootStartLab(lab.Name, machines)];

    /// <summary>Starts them in the order of what they depend on; returns when they run or have failed, ready or not.</summary>
    public async Task StartAsync(BootStartLab lab, CancellationToken cancellation = default)
    {
        labs.Events.Add(LabEventKind.State, lab.Name, null, "Autostart", $"the host was started anew; starting {string.Join(", ", lab.Machines)}");
        foreach (MachineResult result in await labs.Batch.StartAsync(lab.Name, lab.Machines, new LaunchOptions(Wait: false), cancellation))
        {
            // The file no longer has it, and so does not ask for it either; or its run strategy was faster.
            if (result.Failure is { Code: not ("machine-leftover" or "machine-runs" or "start-comes") } failure)
            {
                Fail(lab.Name, result.Machine, failure.Message);
            }
        }
    }

    /// <summary>Those that have been made and do not run.</summary>
    private static IReadOnlyList<string> MachinesOf(LabStatus lab)
    {
        HashSet<string> down = [.. lab.Machines.Where(machine => !machine.IsUp).Select(machine => machine.Name)];
        return [.. lab.Plan.Machines.Where(plan => plan.Spec.Autostart && down.Contains(plan.Name)).Select(plan => plan.Name)];
    }

    private void Fail(string lab, string machine, string message) =>
        labs.Events.Add(LabEventKind.Warning, lab, machine, "autostart-failed", $"{machine} could not be started with the host: {message}");
}

/// <summary>What a lab has to start with the host.</summary>
/// <param name="Machines">In the lab file's order.</param>
public sealed record BootStartLab(string Name, IReadOnlyList<string> Machines);
