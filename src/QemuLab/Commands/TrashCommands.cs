using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>delete</c>, <c>recover</c> and <c>purge</c>: machines go to a trash, come back from it, or go for good.</summary>
internal static class TrashCommands
{
    public static Command Delete(Cli cli)
    {
        Option<bool> force = new("--force", "-f") { Description = "Also machines that run; they are ended at once" };
        var verb = new Verb("delete", "Move machines with their disks and snapshots to the trash, until: qemulab purge", "rm", "remove")
        {
            Examples = [("qemulab delete worker2", "it can be had back: qemulab recover worker2"), ("qemulab delete -f -l role=worker", "though they run")],
        };
        return new MachineChanges(cli, new MachineSelection()).Of(verb, [force], parse =>
        {
            bool forced = parse.GetValue(force);
            return (daemon, machine) =>
            {
                using DaemonResponse response = daemon.Open("DELETE", $"/v1/machines/{machine.Lab}/{machine.Name}?force={(forced ? "true" : "false")}");
                response.Read(ApiJson.Info<TrashStatus>());
                return new MachineChangeView(machine.Lab, machine.Name, "Deleted", 0, null);
            };
        });
    }

    public static Command Recover(Cli cli)
    {
        Argument<string[]> names = new Argument<string[]>("name") { Description = "Deleted machines, LAB/MACHINE, or what list --deleted has as ID", Arity = ArgumentArity.OneOrMore }.Completes(WordKind.Deleted);
        return new Verb("recover", "Put deleted machines back as they were, stopped")
        {
            Examples = [("qemulab recover worker2", "of several of that name the one that was deleted last")],
            Arguments = { names },
        }.Runs(parse => Each(cli, parse.GetValue(names)!, "recovered", name =>
        {
            using DaemonResponse response = cli.Daemon.Open("POST", $"/v1/trash/{Escaped(name)}/recover");
            return response.Read(ApiJson.Info<TrashStatus>());
        }));
    }

    public static Command Purge(Cli cli)
    {
        Argument<string[]> names = new Argument<string[]>("name") { Description = "Deleted machines, LAB/MACHINE, or what list --deleted has as ID", Arity = ArgumentArity.ZeroOrMore }.Completes(WordKind.Deleted);
        var all = new Option<bool>("--all", "-a") { Description = "All that were deleted" };
        var older = new Option<string?>("--older-than") { Description = "Only what was deleted longer ago than this (12h, 7d)", HelpName = "duration" };
        Option<bool> yes = CommonOptions.Yes();
        return new Verb("purge", "Remove deleted machines for good")
        {
            Examples = [("qemulab purge worker2 -y", "one of them"), ("qemulab purge --all --older-than 7d -y", "in a cron job")],
            Arguments = { names },
            Options = { all, older, yes },
        }.Runs(parse =>
        {
            double? seconds = CommonOptions.SecondsOf(parse, older);
            string[] chosen = Chosen(cli, parse.GetValue(names)!, parse.GetValue(all), seconds);
            if (chosen.Length == 0)
            {
                cli.Terminal.Error.WriteLine("nothing to purge");
            }
            else if (parse.GetValue(yes) || Confirmation.IsGiven(
                cli, $"purge removes {(chosen.Length == 1 ? chosen[0] : $"{chosen.Length} machines")} for good", $"Remove {string.Join(", ", chosen)} for good?"))
            {
                Each(cli, chosen, "purged", name =>
                {
                    using DaemonResponse response = cli.Daemon.Open("DELETE", "/v1/trash/" + Escaped(name));
                    return response.Read(ApiJson.Info<TrashStatus>());
                });
            }
        });
    }

    /// <summary>For <c>list --deleted</c>.</summary>
    public static void List(Cli cli, bool json, bool quiet)
    {
        IReadOnlyList<TrashStatus> all = cli.Daemon.Get<IReadOnlyList<TrashStatus>>("/v1/trash");
        if (json)
        {
            JsonOutput.Write(cli.Terminal, all);
        }
        else if (quiet)
        {
            all.ToList().ForEach(one => cli.Terminal.Out.WriteLine(one.Id));
        }
        else if (all.Count == 0)
        {
            cli.Terminal.Error.WriteLine("the trash is empty");
        }
        else
        {
            var table = new TextTable(new("NAME"), new("LAB"), new("DELETED") { IsWhole = true }, new("SIZE", RightAligned: true, DropOrder: 2), new("ID", DropOrder: 1));
            foreach (TrashStatus one in all)
            {
                string size = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, one.Bytes / ByteSize.FromMiB(1).Bytes)}MiB");
                table.Add(one.Machine, one.Lab, one.DeletedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), size, one.Id);
            }

            cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
        }
    }

    private static string[] Chosen(Cli cli, string[] names, bool all, double? olderThan)
    {
        if (names.Length > 0 == all)
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", all ? "--all and names exclude each other" : "name at least one deleted machine, or give --all");
        }

        if (all)
        {
            DateTimeOffset limit = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(olderThan ?? 0);
            return [.. cli.Daemon.Get<IReadOnlyList<TrashStatus>>("/v1/trash").Where(one => one.DeletedAt <= limit).Select(one => one.Id)];
        }

        return olderThan is null ? names : throw new QemuLabException(ErrorKind.Usage, "usage", "--older-than goes with --all");
    }

    private static void Each(Cli cli, string[] names, string outcome, Func<string, TrashStatus> change)
    {
        foreach (string name in names)
        {
            TrashStatus one = change(name);
            cli.Terminal.Out.WriteLine($"{one.Lab}/{one.Machine}: {outcome}");
        }
    }

    private static string Escaped(string name) => Uri.EscapeDataString(name);
}
