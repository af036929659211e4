using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab restart NAME…</c></summary>
internal static class RestartCommand
{
    public static Command Create(Cli cli)
    {
        var names = new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all", "-a") { Description = "Every machine of every lab" };
        Option<bool> force = CommonOptions.Force();
        Option<string?> grace = CommonOptions.Grace();
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        return new Verb("restart", "Stop machines and start them as the lab file now asks for them", "reboot")
        {
            Examples = [("qemulab restart worker", "a whole group"), ("qemulab restart -f control0", "without asking the guest")],
            Arguments = { names },
            Options = { all, force, grace, noWait, timeout },
        }.Runs(parse =>
        {
            var request = new RestartRequest(parse.GetValue(force) ? 0 : CommonOptions.SecondsOf(parse, grace), !parse.GetValue(noWait), CommonOptions.SecondsOf(parse, timeout));
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, parse.GetValue(all));
            MachineChanges.Run(cli, machines, (daemon, machine) => daemon.Post<RestartRequest, MachineChangeView>(MachineNames.Route(machine, "restart"), request));
        });
    }
}
