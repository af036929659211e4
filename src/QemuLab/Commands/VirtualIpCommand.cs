using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Networks;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab vip</c>: a lab's virtual IP, and which of its backends get new connections.</summary>
internal static class VirtualIpCommand
{
    public static Command Create(Cli cli) => new Verb("vip", "Show a lab's virtual IP, drain its backends and put them back")
    {
        Subcommands = { Show(cli), Drain(cli, drained: true), Drain(cli, drained: false) },
        Examples = [("qemulab vip show", "gateways and backends, as the gateways' kernels see them"), ("qemulab vip drain control0", "no new connections for control0")],
    };

    private static Verb Show(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "Only this lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        Option<bool> json = CommonOptions.Json("A JSON array of virtual IPs");
        return new Verb("show", "Show gateways, backends, weights and connections", "list", "ls")
        {
            Examples = [("qemulab vip show", "every lab that has a virtual IP")],
            Arguments = { lab },
            Options = { json },
        }.Runs(parse =>
        {
            string query = parse.GetValue(lab) is { } name ? "?lab=" + Uri.EscapeDataString(name) : "";
            IReadOnlyList<VirtualIpStatus> shown = cli.Daemon.Get<IReadOnlyList<VirtualIpStatus>>("/v1/vips" + query);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, shown);
            }
            else if (shown.Count == 0)
            {
                throw new QemuLabException(ErrorKind.NotFound, "no-virtual-ip", "no lab has a virtual IP", "a lab file gets one by its key virtualIp");
            }
            else
            {
                cli.Terminal.Out.Write(string.Join('\n', shown.Select(ip => Text(ip, cli.Terminal.Width))));
            }
        });
    }

    private static Verb Drain(Cli cli, bool drained)
    {
        Argument<string> machine = new Argument<string>("machine") { Description = "A backend, or LAB/MACHINE" }.Completes(WordKind.Machine);
        Verb verb = drained
            ? new Verb("drain", "Give a backend no new connections until it is put back; open ones live on") { Examples = [("qemulab vip drain control0", "before working on control0")], Arguments = { machine } }
            : new Verb("undrain", "Give a drained backend new connections again", "restore") { Examples = [("qemulab vip undrain control0", "when the work is done")], Arguments = { machine } };
        return verb.Runs(parse =>
        {
            MachineView view = MachineNames.One(cli, parse.GetRequiredValue(machine));
            using DaemonResponse response = cli.Daemon.Open("POST", MachineNames.Route(view, drained ? "drain" : "undrain"));
            VirtualIpDrain done = response.Read(ApiJson.Info<VirtualIpDrain>());
            cli.Terminal.Out.WriteLine($"{done.Machine}: {(drained ? "drained" : "back")} on {string.Join(", ", done.Gateways)}");
            foreach (string missed in done.Missed)
            {
                cli.Terminal.Error.WriteLine($"warning: {missed}; run this again when it is ready");
            }
        });
    }

    internal static string Text(VirtualIpStatus ip, int? width)
    {
        var table = new TextTable(
            new("GATEWAY"), new("VRRP"), new("BACKEND"), new("ADDRESS", DropOrder: 2), new("STATE"), new("WEIGHT", RightAligned: true), new("ACTIVE", RightAligned: true, DropOrder: 1), new("INACTIVE", RightAligned: true, DropOrder: 1));
        foreach (VirtualIpGatewayStatus gateway in ip.Gateways)
        {
            if (gateway.Backends.Count == 0)
            {
                table.Add(gateway.Machine, Word(gateway.State), null, null, null, null, null, null);
            }

            foreach (VirtualIpBackendStatus backend in gateway.Backends)
            {
                table.Add(gateway.Machine, Word(gateway.State), backend.Machine, backend.Address, Word(backend.State), Number(backend.Weight), Number(backend.ActiveConnections), Number(backend.InactiveConnections));
            }
        }

        string reasons = string.Concat(ip.Gateways.Where(gateway => gateway.Reason is not null).Select(gateway => $"{gateway.Machine}: {gateway.Reason}\n"));
        return $"{ip.Lab}: {ip.Name} is {ip.Address}, balanced by {ip.Scheduler}\n{table.Render(width)}{reasons}";
    }

    private static string Word<T>(T state)
        where T : struct, Enum => state.ToString().ToLowerInvariant();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
