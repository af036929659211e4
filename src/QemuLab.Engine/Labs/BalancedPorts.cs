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
    /// <exception cref="QemuLabException">Its mode has nothing that could balance one of them (code <c>publish-not-here</c>).</exception>
    public static NetworkPlan On(NetworkPlan network, IReadOnlyList<BalancedPort> ports) =>
        ports.FirstOrDefault(port => !CanBalance(network.Mode, port.Port.Protocol)) is not { } refused
            ? network with { Balanced = ports }
            : throw new QemuLabException(
                ErrorKind.Usage,
                "publish-not-here",
                $"group {refused.Group} publishes {refused.Port} over its machines, which a network of mode {network.Mode.Word()} cannot balance",
                network.Mode == NetworkMode.Isolated
                    ? "what a machine of an isolated network answers by UDP does not come out of it: use mode user or bridge"
                    : "use mode bridge or user; the host reaches the machines of this one by their own addresses");

    /// <summary>A bridge does it by nftables, the switch by itself; slirp without a way out swallows what machines answer by UDP.</summary>
    private static bool CanBalance(NetworkMode mode, TransportProtocol protocol) => mode switch
    {
        NetworkMode.Bridge or NetworkMode.User => true,
        NetworkMode.Isolated => protocol == TransportProtocol.Tcp,
        _ => false,
    };
}
