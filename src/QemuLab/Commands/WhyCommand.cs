using System.CommandLine;
using QemuLab.Api;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab why NAME…</c>: why a machine is not up yet.</summary>
internal static class WhyCommand
{
    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var json = CommonOptions.Json("A JSON array of machines, with every stage and finding");
        var verb = new Verb("why", "Tell why a machine is not up yet, or why it has gone: how far its boot came, what its console says, what to do next")
        {
            Examples = [("qemulab why control0", "stages with their seconds, the cause, the next command"), ("qemulab why --all", "every machine"), ("qemulab why worker --json", "a whole group, as an array")],
        };
        return selection.Of(verb, json).Runs(parse =>
        {
            WhyView[] machines = [.. selection.FindIdentities(cli, parse).Select(machine => cli.Daemon.Get<WhyView>(MachineNames.Route(machine, "why")))];
            if (parse.GetValue(json))
            {
                JsonOutput.Write<IReadOnlyList<WhyView>>(cli.Terminal, machines);
                return;
            }

            cli.Terminal.Out.Write(string.Join('\n', machines.Select(machine => WhyText.Of(machine, cli.Terminal.Width))));
        });
    }
}
