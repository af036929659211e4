using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Api;

/// <summary>A network of a lab and who is on it.</summary>
internal sealed record NetworkDetailView
{
    public required string Lab { get; init; }

    /// <summary><c>lan</c> for the one that every machine is on.</summary>
    public required string Network { get; init; }

    /// <summary>The lab file's word.</summary>
    public required string Mode { get; init; }

    /// <summary>Why this mode, where the file says auto.</summary>
    public string? ModeReason { get; init; }

    /// <summary>Whether any of its machines runs.</summary>
    public required bool IsUp { get; init; }

    public required string Subnet { get; init; }

    /// <summary>A unique local /64.</summary>
    public string? Ipv6 { get; init; }

    public string? Gateway { get; init; }

    public string? Dns { get; init; }

    public required string Domain { get; init; }

    public required int Mtu { get; init; }

    /// <summary>The Linux bridge.</summary>
    public string? Bridge { get; init; }

    public string? DhcpRange { get; init; }

    /// <summary>Host ports that lead to a whole group.</summary>
    public required IReadOnlyList<PublishedView> Published { get; init; }

    public required IReadOnlyList<NetworkMemberView> Members { get; init; }

    /// <summary>Names beside the machines' own.</summary>
    public required IReadOnlyDictionary<string, string> Records { get; init; }

    /// <summary>Networks behind machines, with the address that leads there.</summary>
    public required IReadOnlyDictionary<string, string> Routes { get; init; }
}

/// <param name="Interface">The host's end; null in modes without taps.</param>
internal sealed record NetworkMemberView(string Machine, string State, string Address, string? Address6, string Mac, string? Interface);

/// <summary>Makes the API's records of networks.</summary>
internal static class ViewsOfNetworks
{
    public static IEnumerable<NetworkDetailView> Networks(this LabStatus lab) => lab.Plan.Networks.Select(network => View(lab, network));

    private static NetworkDetailView View(LabStatus lab, NetworkPlan network)
    {
        var members = from machine in lab.Plan.Machines
                      from nic in machine.Nics
                      where nic.Network.Network == network.Network
                      let status = lab.Machines.FirstOrDefault(known => known.Name == machine.Name)
                      select (Nic: nic, machine.Name, Status: status);
        return new NetworkDetailView
        {
            Lab = lab.Name,
            Network = network.Network,
            Mode = network.Mode.Word(),
            ModeReason = network.ModeReason,
            IsUp = members.Any(member => member.Status?.IsUp == true),
            Subnet = network.Subnet.ToString(),
            Ipv6 = network.Prefix6 is { } prefix ? $"{prefix}/64" : null,
            Gateway = network.Gateway?.ToString(),
            Dns = network.Dns?.ToString(),
            Domain = network.Domain,
            Mtu = network.Mtu,
            Bridge = network.Bridge,
            DhcpRange = network.Dhcp?.Range.ToString(),
            Published = network.Published(),
            Members = [.. members.Select(member => new NetworkMemberView(
                member.Name, member.Status?.State.ToString() ?? nameof(MachineState.Stopped), member.Nic.Address.ToString(), member.Nic.Address6?.ToString(), member.Nic.Mac.ToString(), member.Nic.Tap))],
            Records = network.Records.ToDictionary(record => record.Name, record => record.Address.ToString()),
            Routes = network.Routes.ToDictionary(route => route.To.ToString(), route => route.Via.ToString()),
        };
    }
}
