using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>qemulab start NAME…</c></summary>
internal static class StartCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        var cold = new Option<bool>("--cold") { Description = "Boot suspended machines, and forget the memory that they have on disk" };
        var paused = new Option<bool>("--paused") { Description = "Leave the CPUs standing still; they run from: qemulab unpause" };
        var verb = new Verb("start", "Start stopped or suspended machines, these only, in the order of what they depend on, and wait until they are ready")
        {
            Examples = [("qemulab start worker0", "one machine"), ("qemulab start worker", "a whole group"), ("qemulab start worker0 --paused", "to see its boot from the first instruction")],
        };
        return new MachineChanges(cli, new MachineSelection()) { Interrupted = "what runs boots on, the others are not started; where they stand: qemulab list" }.InOrder<StartSeveralRequest>(verb, [noWait, timeout, cold, paused], parse =>
        {
            var request = new StartRequest(!parse.GetValue(noWait), CommonOptions.WaitOf(parse, timeout), parse.GetValue(cold), parse.GetValue(paused));
            return machines => new StartSeveralRequest(machines, request);
        });
    }
}
