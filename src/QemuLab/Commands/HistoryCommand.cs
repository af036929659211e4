using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Boots;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab history NAME</c>: a machine's last boots, and what has become slower.</summary>
internal static class HistoryCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine, LAB/MACHINE or a group" }.Completes(WordKind.MachineOrGroup);
        var count = new Option<int?>("--count", "-n", "--tail") { Description = "Only the last boots", HelpName = "count" };
        var json = CommonOptions.Json("A JSON array of machines, each with its boots");
        return new Verb("history", "Show how long a machine's last boots took, stage by stage, and what has become slower")
        {
            Examples = [("qemulab history control0", "the last fifty boots at most"), ("qemulab history -n 5 worker", "the last five of each machine of a group")],
            Arguments = { name },
            Options = { count, json },
        }.Runs(parse =>
        {
            int? tail = CommonOptions.CountOf(parse, count, "a count of boots");
            string query = tail is { } boots ? string.Create(CultureInfo.InvariantCulture, $"history?tail={boots}") : "history";
            HistoryView[] machines = [.. MachineNames.Find(cli, [parse.GetRequiredValue(name)]).Select(machine => cli.Daemon.Get<HistoryView>(MachineNames.Route(machine, query)))];
            if (parse.GetValue(json))
            {
                JsonOutput.Write<IReadOnlyList<HistoryView>>(cli.Terminal, machines);
                return;
            }

            string between = "";
            foreach (HistoryView machine in machines)
            {
                cli.Terminal.Out.Write(between + (machines.Length > 1 ? $"{machine.Lab}/{machine.Name}:\n" : ""));
                Show(cli.Terminal, machine);
                between = "\n";
            }
        });
    }

    private static void Show(Terminal terminal, HistoryView machine)
    {
        if (machine.Boots.Count == 0)
        {
            terminal.Error.WriteLine($"no boot of {machine.Name} has been seen yet");
            return;
        }

        terminal.Out.Write(Table(machine.Boots).Render(terminal.Width));
        foreach (BootSlowdown slower in machine.Slower)
        {
            string what = slower.Stage == BootStage.Ready ? "the whole boot" : BootStages.Word(slower.Stage);
            terminal.Out.WriteLine($"slower: {what} took {WhyText.Seconds(slower.Seconds)}, before {WhyText.Seconds(slower.MedianSeconds)} (median)");
        }
    }

    /// <summary>A column for each stage that any of the boots has had; where there is no room for all, those go first that took least.</summary>
    private static TextTable Table(IReadOnlyList<BootView> boots)
    {
        BootStage[] stages = [.. boots.SelectMany(boot => boot.Stages).Select(stage => stage.Stage).Distinct().Order()];
        BootStage[] quickest = [.. stages.OrderBy(stage => boots.SelectMany(boot => boot.Stages).Where(seen => seen.Stage == stage).Max(seen => seen.Seconds))];
        var table = new TextTable([
            new("STARTED") { IsWhole = true }, new("BY", DropOrder: stages.Length + 1), new("END"), new("SECONDS", RightAligned: true),
            .. stages.Select(stage => new TextColumn(BootStages.Word(stage).Replace(' ', '-').ToUpperInvariant(), RightAligned: true, DropOrder: Array.IndexOf(quickest, stage) + 1))]);
        foreach (BootView boot in boots)
        {
            table.Add([
                boot.StartedAt.ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
                boot.Origin == BootOrigin.Reset ? "reset" : "start",
                boot.End is { } end ? WhyText.Word(end).Replace(' ', '-') : "--",
                Number(boot.Seconds),
                .. stages.Select(stage => boot.Stages.FirstOrDefault(seen => seen.Stage == stage) is { } seen ? Number(seen.Seconds) : null)]);
        }

        return table;
    }

    private static string Number(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0}");
}
