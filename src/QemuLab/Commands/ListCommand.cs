using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab list</c>: every machine, one line each.</summary>
internal static class ListCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "Only this lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var json = CommonOptions.Json("A JSON array of machines");
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Only the names" };
        Option<string[]> labels = MachineSelection.Labels();
        var showLabels = new Option<bool>("--show-labels") { Description = "With a column of the machines' labels" };
        var deleted = new Option<bool>("--deleted") { Description = "What was deleted and can be recovered" };
        var wide = new Option<bool>("--wide", "-w") { Description = "With conditions, ports and the time to ready; nothing is cut" };
        var format = new Option<string?>("--format") { Description = "A line for each machine: {name}\\t{plan.address}; the fields are those of --json", HelpName = "pattern" };
        var watch = new Option<bool>("--watch") { Description = "Again whenever something changes, until Ctrl-C" };
        return new Verb("list", "List machines", "ls", "ps")
        {
            Examples =
            [
                ("qemulab list", "every machine"),
                ("qemulab list -l role=control --wide", "those with a label, and more of each"),
                ("qemulab list --watch", "as they change, until Ctrl-C"),
                ("qemulab list -q", "names only, for scripts"),
                ("qemulab list --format {name}:{plan.address}", "fields of your choice"),
                ("qemulab list --json", "everything known, as an array"),
            ],
            Arguments = { lab },
            Options = { json, quiet, format, wide, watch, labels, showLabels, deleted },
        }.Runs(parse =>
        {
            if (parse.GetValue(deleted))
            {
                TrashCommands.List(cli, parse.GetValue(json), parse.GetValue(quiet));
                return;
            }

            LabelSelector selector = LabelSelector.Parse(parse.GetValue(labels)!);
            IReadOnlyList<LabView> Look() => Asked(cli, parse.GetValue(lab), parse.GetValue(labels) is { Length: > 0 } ? selector : null);
            var columns = new ListColumns(parse.GetValue(showLabels), parse.GetValue(wide));
            if (parse.GetValue(watch))
            {
                if (parse.GetValue(json) || parse.GetValue(quiet) || parse.GetValue(format) is not null)
                {
                    throw new QemuLabException(ErrorKind.Usage, "usage", "--watch is a table for people", "for programs: qemulab events -f --json");
                }

                MachineWatch.Run(cli, Look, columns);
                return;
            }

            IReadOnlyList<UnplannedLab> unplanned = cli.Daemon.Get<IReadOnlyList<UnplannedLab>>("/v1/unplanned");
            if (unplanned.FirstOrDefault(one => one.Name == parse.GetValue(lab)) is { } asked)
            {
                throw new QemuLabException(ErrorKind.Conflict, "lab-unplanned", NotTakenUp(asked), asked.Hint);
            }

            IReadOnlyList<LabView> labs = Look();
            if (parse.GetValue(json))
            {
                JsonOutput.Write<IReadOnlyList<MachineView>>(cli.Terminal, [.. labs.SelectMany(status => status.Machines)]);
            }
            else if (parse.GetValue(format) is { } pattern)
            {
                labs.SelectMany(status => status.Machines).ToList().ForEach(machine => cli.Terminal.Out.WriteLine(FieldFormat.Line(pattern, machine)));
            }
            else if (parse.GetValue(quiet))
            {
                Names(cli.Terminal, labs);
            }
            else if (labs.Count > 0 || unplanned.Count == 0)
            {
                Show(cli.Terminal, labs, DateTimeOffset.UtcNow, columns);
            }

            foreach (UnplannedLab one in unplanned)
            {
                cli.Terminal.Error.WriteLine($"warning: {NotTakenUp(one)}{(one.Hint is null ? "" : $"\nhint: {one.Hint}")}");
            }
        });
    }

    private static IReadOnlyList<LabView> Asked(Cli cli, string? lab, LabelSelector? selector)
    {
        IReadOnlyList<LabView> labs = lab is { } name
            ? [cli.Daemon.Get<LabView>("/v1/labs/" + Uri.EscapeDataString(name))]
            : cli.Daemon.Get<IReadOnlyList<LabView>>("/v1/labs");
        return selector is null ? labs : [.. labs.Select(all => all with { Machines = [.. all.Machines.Where(selector.Selects)] }).Where(some => some.Machines.Count > 0)];
    }

    private static string NotTakenUp(UnplannedLab lab) =>
        $"lab {lab.Name} ({string.Join(", ", lab.Machines)}) is kept as it is, and not taken up: {lab.Reason}";

    private static void Names(Terminal terminal, IReadOnlyList<LabView> labs)
    {
        foreach (LabView lab in labs)
        {
            foreach (MachineView machine in lab.Machines)
            {
                terminal.Out.WriteLine(labs.Count > 1 ? $"{lab.Name}/{machine.Name}" : machine.Name);
            }
        }
    }

    internal static void Show(Terminal terminal, IReadOnlyList<LabView> labs, DateTimeOffset now, ListColumns? columns = null)
    {
        if (labs.Count == 0)
        {
            terminal.Error.WriteLine("no machines; launch a lab: qemulab launch-all lab.yaml");
            return;
        }

        string between = "";
        foreach (LabView lab in labs)
        {
            ListColumns shown = columns ?? new ListColumns();
            terminal.Out.Write(between + (labs.Count > 1 ? lab.Name + ":\n" : "") + shown.Table(lab.Machines, now).Render(shown.Wide ? null : terminal.Width));
            between = "\n";
        }

        foreach (MachineView machine in labs.SelectMany(lab => lab.Machines))
        {
            foreach (AlarmView alarm in machine.Alarms)
            {
                terminal.Error.WriteLine($"alarm: {machine.Name}: {alarm.Message}{(alarm.Hint is null ? "" : $"\nhint: {alarm.Hint}")}");
            }
        }

        foreach (MachineView machine in labs.SelectMany(lab => lab.Machines).Where(machine => machine.Impairments is [_, ..]))
        {
            terminal.Note($"the network of {machine.Name} is impaired on purpose: {string.Join(", ", machine.Impairments)}");
        }

        if (labs.SelectMany(lab => lab.Machines).Where(machine => machine.Conditions.Contains(MachineCondition.RestartRequired)).Select(machine => machine.Name).ToArray() is { Length: > 0 } stale)
        {
            terminal.Note($"what was asked for since needs a restart: qemulab restart {string.Join(' ', stale)}");
        }

        foreach (AcceleratorView accelerator in labs.Select(lab => lab.Accelerator).OfType<AcceleratorView>().Where(accelerator => accelerator.FallbackReason is not null).Take(1))
        {
            terminal.Note($"machines run under {accelerator.Name}, not hardware acceleration: {accelerator.Brief}");
        }
    }
}
