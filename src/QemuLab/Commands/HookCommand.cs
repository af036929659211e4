using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Hooks;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab hook</c>: what a lab's file has done on this host when something happens to its machines.</summary>
internal static class HookCommand
{
    public static Command Create(Cli cli) => new Verb("hook", "List, read and try what a lab's file has done when something happens to its machines", "hooks")
    {
        Subcommands = { List(cli), Log(cli), Try(cli) },
        Examples = [("qemulab hook list", "of all labs, each with its last run"), ("qemulab hook log", "what they have said"), ("qemulab hook try lab-ready", "as if it had happened")],
    };

    private static string RouteOf(string lab, string rest = "") => $"/v1/labs/{Uri.EscapeDataString(lab)}/hooks{rest}";

    private static Argument<string?> Lab(string description) =>
        new Argument<string?>("lab") { Description = description, Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);

    private static Verb List(Cli cli)
    {
        Argument<string?> lab = Lab("Only this lab");
        Option<bool> json = CommonOptions.Json("A JSON array of hooks");
        return new Verb("list", "List hooks, and how each last ended", "ls")
        {
            Examples = [("qemulab hook list", "of all labs"), ("qemulab hook list --json", "for scripts")],
            Arguments = { lab },
            Options = { json },
        }.Runs(parse =>
        {
            IReadOnlyList<HookView> all = cli.Daemon.Get<IReadOnlyList<HookView>>(parse.GetValue(lab) is { } named ? RouteOf(named) : "/v1/hooks");
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, all);
            }
            else if (all.Count == 0)
            {
                cli.Terminal.Error.WriteLine("no hooks; a lab file's key `hooks` has them");
            }
            else
            {
                cli.Terminal.Out.Write(Table(all).Render(cli.Terminal.Width));
            }
        });
    }

    private static Verb Log(Cli cli)
    {
        Argument<string?> lab = Lab("The lab; may be left out where there is only one");
        var count = new Option<int?>("--tail", "-n") { Description = "Only the last runs", HelpName = "count" };
        Option<bool> json = CommonOptions.Json("A JSON array of runs");
        return new Verb("log", "Show the runs of a lab's hooks with what they said, the newest last", "logs")
        {
            Examples = [("qemulab hook log -n 5", "the last five"), ("qemulab hook log --json", "for scripts")],
            Arguments = { lab },
            Options = { count, json },
        }.Runs(parse =>
        {
            int? tail = CommonOptions.CountOf(parse, count, "a count of runs");
            string chosen = LabChoice.For(cli, parse.GetValue(lab)).Name;
            IReadOnlyList<HookRun> runs = cli.Daemon.Get<IReadOnlyList<HookRun>>(RouteOf(chosen, tail is { } last ? string.Create(CultureInfo.InvariantCulture, $"/runs?tail={last}") : "/runs"));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, runs);
            }
            else if (runs.Count == 0)
            {
                cli.Terminal.Error.WriteLine($"no hook of lab {chosen} has run yet");
            }
            else
            {
                Show(cli.Terminal, runs);
            }
        });
    }

    private static Verb Try(Cli cli)
    {
        Argument<string> happened = new Argument<string>("event") { Description = "Which event: " + string.Join(", ", HookEvents.Words) }.Completes(HookEvents.Words);
        Argument<string?> machine = new Argument<string?>("machine") { Description = "Whose it would be; none for an event of the lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Machine);
        Option<string?> lab = SnapshotCommand.Lab();
        Option<bool> json = CommonOptions.Json("A JSON array of runs");
        return new Verb("try", "Run the hooks of an event that has not happened, and show how they end. Their note says that it is a trial")
        {
            Examples = [("qemulab hook try lab-ready", "of the only lab"), ("qemulab hook try ready control0", "of a machine")],
            Arguments = { happened, machine },
            Options = { lab, json },
        }.Returns(parse =>
        {
            (string chosen, string? named) = (parse.GetValue(machine), parse.GetValue(lab)) switch
            {
                ({ } name, null) when MachineNames.One(cli, name) is { } found => (found.Lab, found.Name),
                var (name, inLab) => (LabChoice.For(cli, inLab).Name, name),
            };
            IReadOnlyList<HookRun> runs = cli.Daemon.Post<HookTrialRequest, IReadOnlyList<HookRun>>(RouteOf(chosen, "/try"), new HookTrialRequest(parse.GetRequiredValue(happened), named));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, runs);
            }
            else
            {
                Show(cli.Terminal, runs);
            }

            return runs.All(run => run.Outcome == HookOutcome.Done) ? 0 : 1;
        });
    }

    private static TextTable Table(IReadOnlyList<HookView> hooks)
    {
        var table = new TextTable(new("LAB"), new("HOOK", RightAligned: true), new("ON"), new("MACHINES", DropOrder: 3), new("LAST", DropOrder: 1), new("RESULT"), new("ACTION", DropOrder: 2));
        foreach (HookView hook in hooks)
        {
            table.Add(
                hook.Lab,
                hook.Number.ToString(CultureInfo.InvariantCulture),
                string.Join(',', hook.On),
                hook.Machines.Count == 0 ? null : string.Join(',', hook.Machines),
                hook.Last is { } last ? At(last) : null,
                hook.Last is { } run ? Result(run) : null,
                TerminalText.Plain(hook.Action));
        }

        return table;
    }

    private static void Show(Terminal terminal, IReadOnlyList<HookRun> runs)
    {
        foreach (HookRun run in runs)
        {
            string whose = run.Machine is { } machine ? $" of {machine}" : "";
            terminal.Out.WriteLine(TerminalText.Plain(string.Create(CultureInfo.InvariantCulture, $"{At(run)}  hook {run.Hook} for {run.Event}{whose}: {Result(run)} in {run.Seconds:0.0}s: {run.Action}")));
            if (run.Message is { } message)
            {
                terminal.Out.WriteLine("  " + TerminalText.Plain(message));
            }

            foreach (string line in (run.Output ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                terminal.Out.WriteLine("  | " + TerminalText.Plain(line));
            }
        }
    }

    private static string At(HookRun run) => run.Time.ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static string Result(HookRun run)
    {
        string word = run.Outcome switch { HookOutcome.Done => "done", HookOutcome.TimedOut => "timed-out", HookOutcome.Interrupted => "interrupted", _ => "failed" };
        return run is { Outcome: HookOutcome.Failed, Code: { } code } ? string.Create(CultureInfo.InvariantCulture, $"{word}({code})") : word;
    }
}
