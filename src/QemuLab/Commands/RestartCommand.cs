using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab restart NAME…</c></summary>
internal static class RestartCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> force = CommonOptions.Force();
        Option<string?> grace = CommonOptions.Grace();
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        var verb = new Verb("restart", "Stop machines, those first that depend on others, and start each again as the lab file now asks for it", "reboot")
        {
            Examples = [("qemulab restart worker", "a whole group"), ("qemulab restart -f control0", "without asking the guest")],
        };
        return new MachineChanges(cli, new MachineSelection()) { Interrupted = "what runs again boots on, what was only stopped stays so; where they stand: qemulab list" }.InOrder<RestartSeveralRequest>(verb, [force, grace, noWait, timeout], parse =>
        {
            var request = new RestartRequest(parse.GetValue(force) ? 0 : CommonOptions.WaitOf(parse, grace), !parse.GetValue(noWait), CommonOptions.WaitOf(parse, timeout));
            return machines => new RestartSeveralRequest(machines, request);
        });
    }
}
