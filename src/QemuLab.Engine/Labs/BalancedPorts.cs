using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The host ports that groups publish as a whole: read, and refused where the network cannot balance them.</summary>
internal static class BalancedPorts
{
    /// <summary>Every one of the file; a port that leads elsewhere already, to a machine, a group or the virtual IP, is a fault.</summary>
    public static IReadOnlyList<BalancedPort> Read(LabDocument document, IReadOnlyList<MachineDraft> drafts, VirtualIpSpec? virtualIp, Faults faults)
    {
        List<BalancedPort> ports = [];
        foreach (Named<Section> group in document.Groups)
        {
            string[] machines = [.. drafts.Where(draft => draft.Group.Value == group.Name).Select(draft => draft.Name.Value)];
            foreach (Located<PortForward> port in group.Value.Get(GroupKeys.Publish)?.Value ?? [])
            {
                string? taken = ports.FirstOrDefault(other => PortRules.Clash(other.Port, port.Value))?.Group
                    ?? (virtualIp?.HostPort is { } its && PortRules.Clash(VirtualIp.PublishedAt(its, virtualIp.Port), port.Value) ? "the virtual IP" : null)
                    ?? drafts.FirstOrDefault(draft => draft.Ports.Any(other => PortRules.Clash(other.Value, port.Value)))?.Name.Value;
                if (taken is not null)
                {
                    faults.Error(port.Place, $"host port {port.Value.HostPort} leads to {taken} already", GroupKeys.Publish.Name);
                }

                ports.Add(new BalancedPort(group.Name, port.Value, machines));
            }
        }

        return ports;
    }

    /// <summary>The network with the lab's balanced ports.</summary>
    /// <exception cref="QemuLabException">Its mode has nothing that could balance them (code <c>publish-needs-bridge</c>).</exception>
    public static NetworkPlan On(NetworkPlan network, IReadOnlyList<BalancedPort> ports) => ports switch
    {
        [] => network,
        _ when network.Mode == NetworkMode.Bridge => network with { Balanced = ports },
        [var first, ..] => throw new QemuLabException(
            ErrorKind.Usage,
            "publish-needs-bridge",
            $"group {first.Group} publishes {first.Port} over its machines, which a network of mode {network.Mode.Word()} cannot balance",
            "use mode: bridge; or give the group a virtualIp with a hostPort, which works in mode user too; or give each machine a port of its own by ports"),
    };
}
