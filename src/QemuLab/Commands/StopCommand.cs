using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab stop NAME…</c></summary>
internal static class StopCommand
{
    public static Command Create(Cli cli)
    {
        var names = new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all", "-a") { Description = "Every machine of every lab" };
        Option<bool> force = CommonOptions.Force();
        Option<string?> grace = CommonOptions.Grace();
        return new Verb("stop", "Stop machines; their disks stay")
        {
            Examples = [("qemulab stop worker0", "by its power button, then for good"), ("qemulab stop --all --grace 10s", "every machine, with little patience"), ("qemulab stop -f worker0", "at once")],
            Arguments = { names },
            Options = { all, force, grace },
        }.Runs(parse =>
        {
            var request = new StopRequest(parse.GetValue(force) ? 0 : CommonOptions.SecondsOf(parse, grace));
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, parse.GetValue(all));
            MachineChanges.Run(cli, machines, (daemon, machine) => daemon.Post<StopRequest, MachineChangeView>(MachineNames.Route(machine, "stop"), request));
        });
    }
}
