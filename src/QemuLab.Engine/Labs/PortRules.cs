using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Whether each host port is asked for once.</summary>
internal static class PortRules
{
    public static void Check(IReadOnlyList<MachineDraft> drafts, Faults faults)
    {
        List<(Located<PortForward> Port, MachineDraft Draft)> taken = [];
        foreach (MachineDraft draft in drafts)
        {
            foreach (Located<PortForward> port in draft.Ports)
            {
                (Located<PortForward> Port, MachineDraft Draft) other = taken.Find(earlier => Clash(earlier.Port.Value, port.Value));
                if (other.Draft is null)
                {
                    taken.Add((port, draft));
                }
                else
                {
                    faults.Error(port.Place, Message(port, other), MachineKeys.Ports.Name);
                }
            }
        }
    }

    public static bool Clash(PortForward left, PortForward right) =>
        left.Protocol == right.Protocol
        && left.HostPort == right.HostPort
        && (left.HostAddress.Equals(right.HostAddress) || left.HostAddress.Equals(IPAddress.Any) || right.HostAddress.Equals(IPAddress.Any));

    private static string Message(Located<PortForward> port, (Located<PortForward> Port, MachineDraft Draft) other) =>
        $"host port {port.Value.HostPort} leads to {other.Draft.Name} already{Line(other.Port.Place)}; the machines of a group count up from its ports";

    private static string Line(Place place) => place.Line > 0 ? $" (line {place.Line})" : "";
}
