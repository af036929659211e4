using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Tells a port clash before anything starts.</summary>
internal static class PublishedPorts
{
    /// <param name="plan">The lab.</param>
    /// <param name="isUp">Machines whose ports are ours already.</param>
    /// <exception cref="QemuLabException">Some are taken; all of them in one message.</exception>
    public static void EnsureFree(LabPlan plan, Func<string, bool> isUp)
    {
        // Machines that ended by themselves have left their ports to the network's processes, which go on for the others.
        HashSet<(TransportProtocol Protocol, string Address, int Port)> ours = [.. NetworkRecord.Load(plan.Network.Paths).HostPorts()];
        string[] taken =
        [
            .. from balanced in plan.Network.Balanced
               where !balanced.Machines.Any(isUp) && !IsFree(balanced.Port, ours)
               select $"{balanced.Group}: {Taken(balanced.Port)}",
            .. from machine in plan.Machines
               where !isUp(machine.Name)
               from port in machine.Spec.Ports
               where !IsFree(port, ours)
               select $"{machine.Name}: {Taken(port)}",
        ];
        if (taken.Length > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "port-taken", string.Join('\n', taken), "stop that program, or publish another port: ports: [\"PORT:GUESTPORT\"]");
        }
    }

    private static bool IsFree(PortForward port, HashSet<(TransportProtocol Protocol, string Address, int Port)> ours) =>
        ours.Contains((port.Protocol, port.HostAddress.ToString(), port.HostPort)) || PortProbe.IsFree(port.HostAddress, port.HostPort, port.Protocol);

    private static string Taken(PortForward port) => PortProbe.Taken(port.HostAddress, port.HostPort, port.Protocol).Message;
}
