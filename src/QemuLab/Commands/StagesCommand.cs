using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab stages NAME…</c>: how far machines have come in the stages of their lab file.</summary>
internal static class StagesCommand
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>So often is asked what has become of the stage that a machine was at when it ended: the daemon reads its console to the end first.</summary>
    private const int LooksAtTheEnd = 40;

    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var follow = new Option<bool>("--follow", "-f") { Description = "Each stage as it is reached, until all are or one is not; ends with the exit code that the lab file gives that" };
        Option<bool> json = CommonOptions.Json("A JSON array of machines; with --follow one object a line at each change");
        var verb = new Verb("stages", "Show how far machines have come in the stages that their lab file gives their serial console")
        {
            Examples = [("qemulab stages board", "what each stage was told by, after how many seconds"), ("qemulab stages board -f", "live; 0 when all are reached, else the code of the one that was not"), ("qemulab stages --all --json", "every machine's, as an array")],
        };
        return selection.Of(verb, follow, json).Returns(parse =>
        {
            // Of several, those that have none are left out; one that was named is told.
            MachineView[] machines = [.. selection.Find(cli, parse).Where(machine => selection.IsNamed(parse, machine) || machine.Plan?.Stages is not null)];
            if (parse.GetValue(follow))
            {
                return Follow(cli, machines, parse.GetValue(json));
            }

            Show(cli, [.. machines.Select(machine => Ask(cli, machine))], parse.GetValue(json));
            return 0;
        });
    }

    private static StagesView Ask(Cli cli, MachineView machine) => cli.Daemon.Get<StagesView>(MachineNames.Route(machine, "stages"));

    private static void Show(Cli cli, IReadOnlyList<StagesView> machines, bool json)
    {
        if (json)
        {
            JsonOutput.Write(cli.Terminal, machines);
            return;
        }

        cli.Terminal.Out.Write(StageLines.Table(machines).Render(cli.Terminal.Width));
        foreach (string line in machines.Select(StageLines.Result).OfType<string>())
        {
            cli.Terminal.Out.WriteLine(line);
        }
    }

    /// <summary>Asks again and again: what is told is the same after the daemon has died and come back.</summary>
    private static int Follow(Cli cli, MachineView[] machines, bool json)
    {
        LivePainter? painter = !json && cli.Terminal.Live ? new LivePainter(cli.Terminal.Error) : null;
        using var interrupts = new Interrupts(() => { });
        try
        {
            StagesView?[] told = new StagesView?[machines.Length];
            int[] down = new int[machines.Length];
            while (true)
            {
                StagesView[] views = [.. machines.Select(machine => Ask(cli, machine))];
                for (int i = 0; i < views.Length; i++)
                {
                    down[i] = views[i] is { Result: null, State: MachineState.Stopped or MachineState.Failed or MachineState.Suspended } ? down[i] + 1 : 0;
                    EnsureMoves(views[i], down[i]);
                    Tell(cli, painter, told[i], views[i], json);
                    told[i] = views[i];
                }

                if (Array.TrueForAll(views, view => view.Result is not null))
                {
                    return views.Select(view => view.Result!.Code).DefaultIfEmpty(0).Max();
                }

                painter?.Paint([.. views.Where(view => view.Result is null).Select(Line)]);
                interrupts.Pause(Look);
                if (interrupts.Seen)
                {
                    throw new OperationCanceledException();
                }
            }
        }
        finally
        {
            painter?.Clear();
        }
    }

    private static void EnsureMoves(StagesView machine, int looksDown)
    {
        bool isReadToTheEnd = machine.State == MachineState.Suspended || machine.Stages.All(stage => stage.State != StagePhase.UnderWay) || looksDown > LooksAtTheEnd;
        if (looksDown > 0 && isReadToTheEnd)
        {
            throw new QemuLabException(ErrorKind.Conflict, "not-running", $"{machine.Machine} is {machine.State}, and comes to no stage by itself", machine.State == MachineState.Suspended ? $"let it go on: qemulab resume {machine.Machine}" : $"start it: qemulab start {machine.Machine}");
        }
    }

    /// <summary>What is new.</summary>
    private static void Tell(Cli cli, LivePainter? painter, StagesView? before, StagesView now, bool json)
    {
        StageView[] moved = [.. now.Stages.Where((stage, i) => before is null ? stage.State != StagePhase.Waiting : before.Stages.ElementAtOrDefault(i) is not { } known || (known.State, known.Rounds) != (stage.State, stage.Rounds))];
        bool hasEnded = now.Result is not null && before?.Result is null;
        if (json && (before is null || moved.Length > 0 || hasEnded))
        {
            JsonOutput.WriteLine(cli.Terminal, now);
        }
        else if (!json)
        {
            IEnumerable<string> lines = moved.Where(stage => painter is null || stage.State != StagePhase.UnderWay).Select(stage => Line(now, stage));
            foreach (string line in hasEnded ? lines.Append(StageLines.Result(now)!) : lines)
            {
                painter?.Clear();
                cli.Terminal.Out.WriteLine(line);
                cli.Terminal.Out.Flush();
            }
        }
    }

    private static string Line(StagesView machine) => machine.Stages.FirstOrDefault(stage => stage.State == StagePhase.UnderWay) is { } current
        ? TextTable.Cut(Line(machine, current), Terminal.WindowSize().Columns - 1)
        : $"{machine.Machine}: {machine.State}";

    private static string Line(StagesView machine, StageView stage)
    {
        string seconds = stage.Seconds is { } time ? $" {(stage.State == StagePhase.UnderWay ? "for" : "after")} {WhyText.Seconds(time)}" : "", matched = stage.Matched is { } line ? $": {TerminalText.Plain(line)}" : "";
        return $"{machine.Machine}: {stage.Name} {StageLines.StateOf(stage)}{(stage is { State: StagePhase.UnderWay, Seconds: < 1 } ? "" : seconds)}{matched}";
    }
}
