using System.Net;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>
/// SSH ports that machines were given and that other programs have by now, such as the same lab of another user. Nobody has
/// asked for these ports, so that a machine gets another one and need not fail.
/// </summary>
internal static class LostSshPorts
{
    /// <param name="plan">The lab with the ports that it was given.</param>
    /// <param name="allocations">What it was given before.</param>
    /// <param name="known">The lab as it stands: who comes or runs keeps what it has. Null: nobody does.</param>
    /// <returns>Machine to port.</returns>
    public static IReadOnlyDictionary<string, int> Of(LabPlan plan, LabAllocations allocations, LabEntry? known) =>
        plan.Machines
            .Where(machine => allocations.SshPorts.ContainsKey(machine.Name) && !machine.Nics[0].Network.HostIsOnIt && IsAtRest(known?.Find(machine.Name)) && IsLost(machine.SshPort, plan))
            .ToDictionary(machine => machine.Name, machine => machine.SshPort);

    private static bool IsAtRest(VirtualMachine? machine) => machine is null || machine.Status is { IsUp: false, State: not (MachineState.Provisioning or MachineState.Starting) };

    private static bool IsLost(int port, LabPlan plan) => !PortProbe.IsFree(IPAddress.Loopback, port, TransportProtocol.Tcp) && !IsOurs(port, plan);

    /// <summary>A machine that ended by itself has left its port to the network's process, which may just be letting it go.</summary>
    private static bool IsOurs(int port, LabPlan plan)
    {
        NetworkRecord network = NetworkRecord.Load(plan.Network.Paths);
        return network.HostPorts().Contains((TransportProtocol.Tcp, IPAddress.Loopback.ToString(), port))
            || (PortHolder.Find(IPAddress.Loopback, port, TransportProtocol.Tcp)?.ProcessId is { } holder && (holder == network.Uplink?.ProcessId || holder == network.Switch?.ProcessId));
    }
}
