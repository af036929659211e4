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
        string[] taken =
        [
            .. from balanced in plan.Network.Balanced
               where !balanced.Machines.Any(isUp) && !PortProbe.IsFree(balanced.Port.HostAddress, balanced.Port.HostPort, balanced.Port.Protocol)
               select $"{balanced.Group}: {PortProbe.Taken(balanced.Port.HostAddress, balanced.Port.HostPort, balanced.Port.Protocol).Message}",
            .. from machine in plan.Machines
               where !isUp(machine.Name)
               from port in machine.Spec.Ports
               where !PortProbe.IsFree(port.HostAddress, port.HostPort, port.Protocol)
               select $"{machine.Name}: {PortProbe.Taken(port.HostAddress, port.HostPort, port.Protocol).Message}",
        ];
        if (taken.Length > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "port-taken", string.Join('\n', taken), "stop that program, or publish another port: ports: [\"PORT:GUESTPORT\"]");
        }
    }
}
