using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary><c>qemulab wait NAME… --for ready</c></summary>
internal static class WaitCommand
{
    public static Command Create(Cli cli)
    {
        Option<string> condition = new Option<string>("--for") { Description = "ready, running, ssh, stages, stopped or state=NAME", HelpName = "condition", DefaultValueFactory = _ => "ready" }.Completes(MachineWait.Choices);
        Option<string?> timeout = CommonOptions.Timeout();
        var verb = new Verb("wait", "Wait until machines are ready, or something else; fails at once where they do not come to it by themselves")
        {
            Examples = [("qemulab wait --all", "until every machine is ready"), ("qemulab wait worker --for stopped --timeout 2m", "until a group has stopped")],
        };
        return new MachineChanges(cli, new MachineSelection()) { Interrupted = "only the wait has ended, the machines go on; where they stand: qemulab list" }.Of(verb, [condition, timeout], parse =>
        {
            var request = new WaitRequest(MachineWait.Parse(parse.GetValue(condition)!).Word, CommonOptions.WaitOf(parse, timeout));
            return (daemon, machine) => daemon.Post<WaitRequest, MachineChangeView>(MachineNames.Route(machine, "wait"), request);
        });
    }
}
