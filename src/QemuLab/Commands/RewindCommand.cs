using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab rewind [LAB] NAME</c> and <c>qemulab fresh [LAB]</c>: puts labs back to a snapshot.</summary>
internal static class RewindCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string[]> words = new Argument<string[]>("name") { Description = "The snapshot, after its lab where there are several: [LAB] NAME", Arity = new ArgumentArity(1, 2) }.Completes(WordKind.Snapshot);
        Option<string[]> only = new Option<string[]>("--only") { Description = "Only this machine; may be repeated", HelpName = "machine", DefaultValueFactory = _ => [] }.Completes(WordKind.Machine);
        var force = new Option<bool>("--force", "-f") { Description = "Also where machines run: what they have done since is lost" };
        Option<bool> noWait = CommonOptions.NoWait();
        Option<bool> json = CommonOptions.Json("What became of each machine, as a JSON object");
        return new Verb("rewind", "Put a lab back to a snapshot, memory and all, all machines at one instant; what ran and has no memory in it boots", "revert")
        {
            Examples = [("qemulab rewind before-upgrade --force", "the only lab, while it runs"), ("qemulab rewind k8s joined --only worker0 -f", "one machine of lab k8s")],
            Arguments = { words },
            Options = { only, force, noWait, json },
        }.Returns(parse =>
        {
            string[] given = parse.GetValue(words)!;
            LabView lab = LabChoice.For(cli, given.Length == 2 ? given[0] : null);
            string[] machines = parse.GetValue(only)!;
            return Return(cli, lab, given[^1], new ReturnRequest(parse.GetValue(force), machines.Length > 0 ? machines : null, !parse.GetValue(noWait)), parse.GetValue(json));
        });
    }

    public static Command CreateFresh(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "The lab; may be left out where there is only one", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        Option<bool> noWait = CommonOptions.NoWait();
        Option<bool> json = CommonOptions.Json("What became of each machine, as a JSON object");
        return new Verb("fresh", "Put a lab back to the moment when it was ready, as launch-all --keep-fresh has kept it; as often as you like")
        {
            Examples = [("qemulab launch-all --keep-fresh", "keep the moment when all is ready"), ("qemulab fresh", "back to it, whatever has been done since")],
            Arguments = { lab },
            Options = { noWait, json },
        }.Returns(parse =>
        {
            LabView chosen = LabChoice.For(cli, parse.GetValue(lab));
            if (cli.Daemon.Get<IReadOnlyList<SnapshotStatus>>(SnapshotCommand.RouteOf(chosen.Name)).All(snapshot => snapshot.Name != SnapshotName.Fresh))
            {
                throw new QemuLabException(ErrorKind.NotFound, "not-kept-fresh", $"lab {chosen.Name} was not kept fresh", "keep it as it is now: qemulab launch-all --keep-fresh");
            }

            return Return(cli, chosen, SnapshotName.Fresh, new ReturnRequest(Force: true, null, !parse.GetValue(noWait)), parse.GetValue(json));
        });
    }

    private static int Return(Cli cli, LabView lab, string name, ReturnRequest request, bool json)
    {
        IEnumerable<string> machines = request.Machines ?? lab.Machines.Select(machine => machine.Name);
        string whatGoesOn = $"what was begun may have happened to some machines and not to others; where they stand: qemulab list {lab.Name}";
        ReturnOutcome outcome = FollowedRequest.Run(cli, [.. machines.Select(machine => new MachineIdentityView(lab.Name, machine))], whatGoesOn, daemon => daemon.Post<ReturnRequest, ReturnOutcome>(SnapshotCommand.RouteOf(lab.Name, name) + "/return", request), lab.Name);
        if (json)
        {
            JsonOutput.Write(cli.Terminal, outcome);
        }
        else
        {
            Show(cli, outcome, request.Wait);
        }

        return outcome.Machines.Any(machine => machine.Error is not null) ? 1 : 0;
    }

    private static void Show(Cli cli, ReturnOutcome outcome, bool waited)
    {
        foreach (MachineReturn machine in outcome.Machines)
        {
            string state = machine.Error is not null ? "not ready: " + machine.Error : !machine.IsRunning ? "stopped, as it was" : waited ? "ready" : "runs";
            cli.Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{outcome.Lab}/{machine.Machine}: back at {outcome.Snapshot}, {state} after {machine.Seconds:0.0}s"));
            if (machine.Hint is not null)
            {
                cli.Terminal.Error.WriteLine("hint: " + machine.Hint);
            }
        }

        if (outcome.Untouched.Count > 0)
        {
            cli.Terminal.Note($"not in the snapshot, left alone: {string.Join(", ", outcome.Untouched)}");
        }
    }
}
