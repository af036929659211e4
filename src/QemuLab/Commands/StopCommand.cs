using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab stop NAME…</c></summary>
internal static class StopCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> force = CommonOptions.Force();
        Option<string?> grace = CommonOptions.Grace();
        var verb = new Verb("stop", "Stop machines, those first that depend on others; their disks stay")
        {
            Examples = [("qemulab stop worker0", "by its power button, then for good"), ("qemulab stop --all --grace 10s", "every machine, with little patience"), ("qemulab stop -f -l role=worker", "at once, all with that label")],
        };
        return new MachineChanges(cli, new MachineSelection()) { Interrupted = "what was asked to stop stops, those that were to follow run on; where they stand: qemulab list" }.InOrder<StopSeveralRequest>(verb, [force, grace], parse =>
        {
            var request = new StopRequest(parse.GetValue(force) ? 0 : CommonOptions.WaitOf(parse, grace));
            return machines => new StopSeveralRequest(machines, request);
        });
    }
}
