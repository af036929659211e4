using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Labs;

/// <summary>What a person should know of a plan before it starts.</summary>
internal static class PlanWarnings
{
    public static IReadOnlyList<string> For(LabPlan plan, Starting starting)
    {
        (IReadOnlyList<NetworkPlan> networks, IReadOnlyList<MachinePlan> machines, HostFacts host) = (plan.Networks, plan.Machines, plan.Host);
        var warnings = new List<string>();
        if (host.Accelerator is { Brief: { } reason } accelerator)
        {
            warnings.Add(accelerator.Accelerator == Accelerator.Tcg
                ? $"no hardware acceleration, guests run 10 to 30 times slower: {reason}"
                : reason);
        }

        warnings.AddRange(networks.Where(network => network.ModeReason is not null).Select(network => $"network {network.Network} is in mode {network.Mode.Word()} ({network.ModeReason})"));
        foreach (MachinePlan machine in machines.Where(machine => machine.Spec.Cpus > host.Cores))
        {
            warnings.Add($"{machine.Name} has {machine.Spec.Cpus} virtual CPUs, the host has {host.Cores} cores: more are slower, not faster");
        }

        warnings.AddRange(Capacity.Faults(plan, starting).Select(fault => $"a launch will be refused: {fault.Message}"));
        if (Capacity.Overcommitted(plan, starting) is { } overcommitted)
        {
            warnings.Add(overcommitted);
        }

        long disks = machines.Sum(machine => machine.Disks.Sum(disk => disk.Size.Bytes));
        if (disks > host.DiskFree.Bytes)
        {
            warnings.Add($"the disks may grow to {new ByteSize(disks)} together, {host.DiskFree} are free now");
        }

        warnings.AddRange(machines.Where(machine => machine.Spec.QemuArgs.Count > 0)
            .Select(machine => $"{machine.Name} has qemuArgs, which QemuLab hands over without understanding them"));
        warnings.AddRange(machines.SelectMany(machine => UserData.ConflictsOf(machine.Spec.UserData, machine.LoginUser)).Select(conflict => conflict.Message).Distinct());
        return warnings;
    }
}
