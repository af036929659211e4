using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab start NAME…</c></summary>
internal static class StartCommand
{
    public static Command Create(Cli cli)
    {
        var names = new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all", "-a") { Description = "Every machine of every lab" };
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        var cold = new Option<bool>("--cold") { Description = "Boot suspended machines, and forget the memory that they have on disk" };
        return new Verb("start", "Start stopped or suspended machines and wait until they are ready")
        {
            Examples = [("qemulab start worker0", "one machine"), ("qemulab start worker", "a whole group")],
            Arguments = { names },
            Options = { all, noWait, timeout, cold },
        }.Runs(parse =>
        {
            var request = new StartRequest(!parse.GetValue(noWait), CommonOptions.SecondsOf(parse, timeout), parse.GetValue(cold));
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, parse.GetValue(all));
            MachineChanges.Run(cli, machines, (daemon, machine) => daemon.Post<StartRequest, MachineChangeView>(MachineNames.Route(machine, "start"), request));
        });
    }
}
