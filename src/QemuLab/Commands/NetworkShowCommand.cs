using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab network show NAME</c>: all that is known of a network.</summary>
internal static class NetworkShowCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A lab, for its main network, or LAB/NETWORK" }.Completes(WordKind.Network);
        Option<bool> json = CommonOptions.Json("A JSON object");
        return new Verb("show", "Show all that is known of a network", "inspect")
        {
            Examples = [("qemulab network show k8s", "its main network: addresses, names, routes, machines")],
            Arguments = { name },
            Options = { json },
        }.Runs(parse =>
        {
            NetworkDetailView network = Find(cli, parse.GetRequiredValue(name));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, network);
                return;
            }

            cli.Terminal.Out.Write(Describe(network, cli.Terminal.Width));
        });
    }

    /// <summary>The network that LAB or LAB/NETWORK means.</summary>
    /// <exception cref="QemuLabException">There is none of that name.</exception>
    internal static NetworkDetailView Find(Cli cli, string name)
    {
        string[] parts = name.Split('/', 2);
        IReadOnlyList<NetworkDetailView> networks = cli.Daemon.Get<IReadOnlyList<NetworkDetailView>>("/v1/networks?lab=" + Uri.EscapeDataString(parts[0]));
        string wanted = parts is [_, var network] ? network : Engine.Networks.NetworkPlan.MainName;
        return networks.FirstOrDefault(candidate => candidate.Network == wanted)
            ?? throw new QemuLabException(ErrorKind.NotFound, "network-not-found", $"lab {parts[0]} has no network '{wanted}'", NearestName.Of(wanted, networks.Select(known => known.Network)) is { } nearest ? $"did you mean {parts[0]}/{nearest}?" : "run: qemulab network list");
    }

    private static string Describe(NetworkDetailView network, int? width)
    {
        (string Title, string? Value)[] rows =
        [
            ("Name", $"{network.Lab}/{network.Network}"),
            ("Mode", network.ModeReason is { } reason ? $"{network.Mode} ({reason})" : network.Mode),
            ("State", network.IsUp ? "up" : "down"),
            ("Subnet", network.Subnet),
            ("IPv6", network.Ipv6),
            ("Gateway", network.Gateway ?? "none: no way out"),
            ("DNS", network.Dns),
            ("Domain", network.Domain),
            ("MTU", network.Mtu.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("Bridge", network.Bridge),
            ("DHCP", network.DhcpRange),
            .. network.Published.Select(published => ("Publish", (string?)$"{published.Port} to {published.Group}: {string.Join(", ", published.Machines)}")),
            .. network.Records.Select(record => ("Record", (string?)$"{record.Key} {record.Value}")),
            .. network.Routes.Select(route => ("Route", (string?)$"{route.Key} via {route.Value}")),
        ];
        var table = new TextTable(new("MACHINE"), new("STATE"), new("ADDRESS") { IsWhole = true }, new("IPV6", DropOrder: 2), new("MAC", DropOrder: 1) { IsWhole = true }, new("INTERFACE", DropOrder: 3));
        foreach (NetworkMemberView member in network.Members)
        {
            table.Add(member.Machine, member.State, member.Address, member.Address6 ?? "-", member.Mac, member.Interface ?? "-");
        }

        return string.Concat(rows.Where(row => row.Value is { Length: > 0 }).Select(row => $"{row.Title + ":",-10}{row.Value}\n")) + "\n" + table.Render(width);
    }
}
