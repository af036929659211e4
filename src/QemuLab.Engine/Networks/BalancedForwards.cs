using System.Net;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks;

/// <summary>The forwards by which the switch reaches the machines behind balanced ports; each has a port that is chosen here and recorded.</summary>
internal static class BalancedForwards
{
    /// <summary>The record with each connected machine behind the ports that the plan has now.</summary>
    public static NetworkRecord Planned(NetworkPlan network, NetworkRecord record) =>
        record with { Connections = [.. record.Connections.Select(connection => connection with { Balanced = For(network, connection.Name, record) })] };

    /// <summary>A machine's: those that it has as they are, new ones with a free port.</summary>
    public static IReadOnlyList<BalancedRecord> For(NetworkPlan network, string machine, NetworkRecord before)
    {
        IReadOnlyList<BalancedRecord> known = before.Connections.FirstOrDefault(connection => connection.Name == machine)?.Balanced ?? [];
        return
        [
            .. from balanced in network.Balanced
               where balanced.Machines.Contains(machine)
               let port = balanced.Port
               let wanted = new BalancedRecord(port.Protocol, port.HostAddress.ToString(), port.HostPort, port.GuestPort, 0)
               select known.FirstOrDefault(one => one with { ForwardPort = 0 } == wanted) ?? Moved(wanted),
        ];
    }

    /// <summary>The record with other ports in place of those that somebody else has taken meanwhile.</summary>
    public static NetworkRecord Moved(NetworkRecord record, IReadOnlyList<HostForward> refused) => record with
    {
        Connections =
        [
            .. record.Connections.Select(connection => connection with
            {
                Balanced = [.. connection.Balanced.Select(one => refused.Contains(connection.Forward(one)) ? Moved(one) : one)],
            }),
        ],
    };

    /// <summary>What the switch shall serve: every port that a connected machine is behind.</summary>
    public static IReadOnlyList<PublishedPort> Published(NetworkRecord record) =>
    [
        .. from connection in record.Connections
           orderby UdpFrame.ToNumber(IPAddress.Parse(connection.Address))
           from balanced in connection.Balanced
           group new PublishedBackend(connection.Name, connection.Address, balanced.GuestPort, balanced.ForwardPort)
               by (balanced.Protocol, balanced.HostAddress, balanced.HostPort) into port
           select new PublishedPort(port.Key.Protocol, port.Key.HostAddress, port.Key.HostPort, [.. port]),
    ];

    private static BalancedRecord Moved(BalancedRecord one) => one with { ForwardPort = PortProbe.FindFree(one.Protocol) };
}
