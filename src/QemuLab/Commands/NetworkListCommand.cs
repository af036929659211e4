using System.CommandLine;
using QemuLab.Api;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab network list</c>: the networks of all labs, a line each.</summary>
internal static class NetworkListCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array of networks");
        return new Verb("list", "List the networks of all labs", "ls")
        {
            Examples = [("qemulab network list", "one line a network"), ("qemulab network list --json", "for scripts")],
            Options = { json },
        }.Runs(parse =>
        {
            IReadOnlyList<NetworkDetailView> networks = cli.Daemon.Get<IReadOnlyList<NetworkDetailView>>("/v1/networks");
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, networks);
                return;
            }

            if (networks.Count == 0)
            {
                cli.Terminal.Error.WriteLine("no networks; launch a lab: qemulab launch-all lab.yaml");
                return;
            }

            var table = new TextTable(new("NAME"), new("MODE"), new("STATE"), new("SUBNET") { IsWhole = true }, new("GATEWAY", DropOrder: 2), new("BRIDGE", DropOrder: 1), new("MACHINES"));
            foreach (NetworkDetailView network in networks)
            {
                table.Add($"{network.Lab}/{network.Network}", network.Mode, network.IsUp ? "up" : "down", network.Subnet, network.Gateway ?? "-", network.Bridge ?? "-", string.Join(' ', network.Members.Select(member => member.Machine)));
            }

            cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
        });
    }
}
