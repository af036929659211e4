using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary><c>qemulab launch-all FILE</c>: brings a lab to what its file asks for.</summary>
internal static class LaunchAllCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> file = new Argument<string?>("file") { Description = "The lab file; without it ./lab.yaml, else that of the one lab there is", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.File);
        Option<string[]> set = CommonOptions.Set();
        Option<string?> timeout = CommonOptions.Timeout();
        Option<bool> noWait = CommonOptions.NoWait();
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be done and touch nothing" };
        var keepFresh = new Option<bool>("--keep-fresh") { Description = "Keep the moment when all is ready: qemulab fresh returns to it in seconds" };
        Option<bool> compress = SnapshotCommand.Compress();
        var prune = new Option<bool>("--prune") { Description = "Delete machines that the file no longer has; the trash keeps them" };
        Option<bool> json = CommonOptions.Json("Events as JSON lines, last the outcome");
        return new Verb("launch-all", "Launch every machine of a lab file and wait until they are ready", "up")
        {
            Examples =
            [
                ("qemulab launch-all", "the lab of ./lab.yaml"),
                ("qemulab up lab.yaml --set workers=3", "another value for a parameter"),
                ("qemulab up --timeout 10m --json", "in a CI job"),
                ("qemulab up --keep-fresh", "and later, as often as you like: qemulab fresh"),
                ("qemulab up --dry-run", "addresses and warnings, nothing started"),
            ],
            Arguments = { file },
            Options = { set, timeout, noWait, keepFresh, compress, prune, dryRun, json },
        }.Runs(parse =>
        {
            LabSource source = LabSourceLoader.Load(LabFile.Choose(cli, parse.GetValue(file)), parse.GetValue(set)!);
            Lab lab = LabFile.ReadOrThrow(cli, source);
            if (parse.GetValue(dryRun))
            {
                PlanCommand.Show(cli, cli.Daemon.Post<LabSource, PlanView>("/v1/plans", source), parse.GetValue(json));
                return;
            }

            var request = new LaunchRequest(source, !parse.GetValue(noWait), CommonOptions.WaitOf(parse, timeout), parse.GetValue(prune));
            if (parse.GetValue(keepFresh) && !request.Wait)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--keep-fresh keeps the moment when all is ready, and --no-wait does not wait for it");
            }

            if (parse.GetValue(compress) && !parse.GetValue(keepFresh))
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--compress is for what --keep-fresh keeps");
            }

            LaunchOutcome outcome = Run(cli, lab, request, parse.GetValue(json));
            if (!parse.GetValue(json))
            {
                LaunchReport.Show(cli, outcome);
            }

            LaunchFailure.ThrowIfAny(outcome);
            if (parse.GetValue(keepFresh))
            {
                KeepFresh(cli, outcome, parse.GetValue(compress));
            }
        });
    }

    /// <summary>A lab that was kept already stays so, unless a machine of it is new: later it is no longer fresh.</summary>
    private static void KeepFresh(Cli cli, LaunchOutcome outcome, bool compress)
    {
        string route = SnapshotCommand.RouteOf(outcome.Lab);
        SnapshotStatus? kept = cli.Daemon.Get<IReadOnlyList<SnapshotStatus>>(route).FirstOrDefault(snapshot => snapshot.Name == SnapshotName.Fresh);
        if (kept is not null && outcome.Machines.All(machine => kept.Record.Machines.ContainsKey(machine.Machine)))
        {
            cli.Terminal.Note($"{outcome.Lab} was kept fresh before, and that stays: qemulab fresh returns to it; to keep it as it is now: qemulab snapshot create {SnapshotName.Fresh} --replace");
            return;
        }

        SnapshotCommand.Take(cli, outcome.Lab, outcome.Machines.Select(machine => machine.Machine), new SnapshotRequest(SnapshotName.Fresh, "as launch-all left it", Replace: true, Compress: compress));
        cli.Terminal.Note("kept fresh: return to this moment by: qemulab fresh");
    }

    private static LaunchOutcome Run(Cli cli, Lab lab, LaunchRequest request, bool json)
    {
        string route = "/v1/labs/" + lab.Name.Value;
        DaemonClient daemon = cli.Daemon;
        using DaemonResponse response = daemon.Open("PUT", route, request);
        using var stream = new ChangeStream(cli, lab.Machines.Select(machine => machine.Name.Value), json);

        // The stream stays open, so that the end of the taking back is seen.
        using var interrupts = new Interrupts(() =>
        {
            stream.Say("interrupted: taking back what was begun (once more: leave at once)");
            daemon.Do("POST", route + "/cancel");
        });
        try
        {
            return stream.Read(response).Outcome ?? throw new DaemonBugException("the launch ended without an outcome");
        }
        catch (Exception) when (interrupts.Seen)
        {
            throw new OperationCanceledException();
        }
    }
}
