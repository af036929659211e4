using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>What a launch ends with: a table of where the machines are and how to log in, or why not.</summary>
internal static class LaunchReport
{
    public static void Show(Cli cli, LaunchOutcome outcome)
    {
        foreach (string warning in outcome.Warnings)
        {
            cli.Terminal.Warning(warning);
        }

        if (outcome.Leftover.Count > 0)
        {
            cli.Terminal.Note($"no longer in the lab file, left alone: {string.Join(", ", outcome.Leftover)}; to delete: --prune");
        }

        if (outcome.Pruned is { Count: > 0 } pruned)
        {
            cli.Terminal.Note($"no longer in the lab file, deleted: {string.Join(", ", pruned)}; to have one back: qemulab recover {pruned[0]}");
        }

        // Asked for all of them: a lab of which nothing came up is not there any more.
        MachineView[] machines = [.. cli.Daemon.Get<IReadOnlyList<MachineView>>("/v1/machines").Where(machine => machine.Lab == outcome.Lab)];
        var table = new TextTable(new("NAME"), new("STATE") { Enough = 30 }, new("ADDRESS") { IsWhole = true }, new("AFTER", RightAligned: true, DropOrder: 1), new("LOGIN", DropOrder: 2));
        foreach (MachineLaunch launch in outcome.Machines)
        {
            MachineView? machine = machines.FirstOrDefault(candidate => candidate.Name == launch.Machine);
            string after = launch.Outcome == MachineOutcome.Unchanged ? "unchanged" : Duration.Short(TimeSpan.FromSeconds(launch.Seconds));
            table.Add(launch.Machine, machine?.Status ?? launch.Outcome.ToString(), machine?.Plan?.Address, after, machine?.Ssh?.Command);
        }

        cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
        MachineLaunch[] stale = [.. outcome.Machines.Where(launch => launch.Outcome == MachineOutcome.RestartRequired)];
        foreach (MachineLaunch launch in stale.Where(launch => launch.Differences is { Count: > 0 }))
        {
            cli.Terminal.Note($"{launch.Machine} needs a restart: {string.Join(", ", launch.Differences.Where(one => !one.IsKept).Select(DiffCommand.Line))}");
        }

        if (stale.Length > 0)
        {
            cli.Terminal.Note($"the lab file now asks for something else; to apply it: qemulab restart {string.Join(' ', stale.Select(launch => launch.Machine))}");
        }
    }
}
