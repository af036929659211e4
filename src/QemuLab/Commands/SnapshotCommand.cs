using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab snapshot</c>: states of whole labs, to which <c>rewind</c> returns.</summary>
internal static class SnapshotCommand
{
    public static Command Create(Cli cli) => new Verb("snapshot", "Take, list and remove snapshots of whole labs, with the machines' memory or without", "snapshots", "snap")
    {
        Subcommands = { Take(cli), List(cli), Delete(cli) },
        Examples = [("qemulab snapshot create before-upgrade", "all machines at one instant"), ("qemulab rewind before-upgrade --force", "and back, memory and all")],
    };

    /// <summary>Of a lab that was named, or the only one.</summary>
    internal static string RouteOf(string lab, string? snapshot = null) =>
        $"/v1/labs/{Uri.EscapeDataString(lab)}/snapshots{(snapshot is null ? "" : "/" + Uri.EscapeDataString(snapshot))}";

    internal static Option<string?> Lab() => new Option<string?>("--lab") { Description = "The lab; may be left out where there is only one", HelpName = "name" }.Completes(WordKind.Lab);

    internal static Option<bool> Compress() => new("--compress") { Description = "Compress memories: a third of the room, but machines stand still for seconds, and a return takes seconds more" };

    /// <summary>Takes one, and shows how far each machine is.</summary>
    internal static SnapshotStatus Take(Cli cli, string lab, IEnumerable<string> machines, SnapshotRequest request) =>
        FollowedRequest.Run(cli, [.. machines.Select(machine => new MachineIdentityView(lab, machine))], $"the snapshot is taken back, unless it is whole already: qemulab snapshot list {lab}", daemon => daemon.Post<SnapshotRequest, SnapshotStatus>(RouteOf(lab), request), lab);

    private static Verb Take(Cli cli)
    {
        var name = new Argument<string>("name") { Description = "What to call it: letters, digits, '-', '_', '.'" };
        Option<string?> lab = Lab();
        var description = new Option<string?>("--message", "-m") { Description = "What it is", HelpName = "text" };
        var replace = new Option<bool>("--replace") { Description = "Take the place of one of that name" };
        var diskOnly = new Option<bool>("--disk-only") { Description = "Without memory: guest agents freeze the file systems meanwhile, and a return boots" };
        Option<bool> compress = Compress();
        Option<bool> json = CommonOptions.Json("The snapshot as a JSON object");
        return new Verb("create", "Take a snapshot of all machines at one instant: of those that run with their memory, of the others the disks", "take")
        {
            Examples = [("qemulab snapshot create before-upgrade", "of the only lab"), ("qemulab snapshot create joined --lab k8s -m \"all nodes joined\"", "of lab k8s"), ("qemulab snapshot create nightly --disk-only", "small, and fits machines that change")],
            Arguments = { name },
            Options = { lab, description, replace, diskOnly, compress, json },
        }.Runs(parse =>
        {
            LabView chosen = LabChoice.For(cli, parse.GetValue(lab));
            SnapshotStatus taken = Take(cli, chosen.Name, chosen.Machines.Select(machine => machine.Name), new SnapshotRequest(parse.GetRequiredValue(name), parse.GetValue(description), parse.GetValue(replace), parse.GetValue(diskOnly), parse.GetValue(compress)));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, taken);
            }
            else
            {
                cli.Terminal.Out.WriteLine(Line(taken));
                foreach ((string machine, MachineSnapshot held) in taken.Record.Machines.Where(held => held.Value.Detail is not null))
                {
                    cli.Terminal.Note($"{taken.Lab}/{machine}: crash-consistent: {TerminalText.Plain(held.Detail!)}");
                }
            }
        });
    }

    private static Verb List(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "Only this lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        Option<bool> json = CommonOptions.Json("A JSON array of snapshots");
        return new Verb("list", "List snapshots, each under the one that its lab had gone on from", "ls")
        {
            Examples = [("qemulab snapshot list", "of all labs"), ("qemulab snapshot list --json", "for scripts")],
            Arguments = { lab },
            Options = { json },
        }.Runs(parse =>
        {
            IReadOnlyList<SnapshotStatus> all = cli.Daemon.Get<IReadOnlyList<SnapshotStatus>>(parse.GetValue(lab) is { } named ? RouteOf(named) : "/v1/snapshots");
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, all);
            }
            else if (all.Count == 0)
            {
                cli.Terminal.Error.WriteLine("no snapshots; take one: qemulab snapshot create NAME");
            }
            else
            {
                cli.Terminal.Out.Write(Table(all, cli.Terminal.Width));
            }
        });
    }

    private static Verb Delete(Cli cli)
    {
        Argument<string[]> names = new Argument<string[]>("name") { Description = "Snapshots", Arity = ArgumentArity.OneOrMore }.Completes(WordKind.Snapshot);
        Option<string?> lab = Lab();
        return new Verb("delete", "Remove snapshots; the lab goes on as it is", "rm", "remove")
        {
            Examples = [("qemulab snapshot delete before-upgrade", "of the only lab")],
            Arguments = { names },
            Options = { lab },
        }.Runs(parse =>
        {
            string chosen = LabChoice.For(cli, parse.GetValue(lab)).Name;
            foreach (string name in parse.GetValue(names)!)
            {
                cli.Daemon.Do("DELETE", RouteOf(chosen, name));
                cli.Terminal.Out.WriteLine($"{chosen}/{name}: removed");
            }
        });
    }

    /// <summary>A tree: children are indented under their parents; a star marks where the lab is.</summary>
    internal static string Table(IReadOnlyList<SnapshotStatus> all, int? width)
    {
        var table = new TextTable(new("LAB"), new("NAME"), new("TAKEN") { IsWhole = true }, new("MACHINES", RightAligned: true), new("MEMORY", RightAligned: true), new("STATE", DropOrder: 1), new("MESSAGE", DropOrder: 2) { Enough = 16 });
        foreach (IGrouping<string, SnapshotStatus> lab in all.GroupBy(snapshot => snapshot.Lab))
        {
            Add(table, [.. lab], null, 0);
        }

        return table.Render(width);
    }

    private static void Add(TextTable table, IReadOnlyList<SnapshotStatus> lab, string? parent, int depth)
    {
        foreach (SnapshotStatus snapshot in lab.Where(snapshot => (lab.Any(other => other.Name == snapshot.Record.Parent) ? snapshot.Record.Parent : null) == parent))
        {
            string name = new string(' ', 2 * depth) + snapshot.Name + (snapshot.IsCurrent ? " *" : "");
            string taken = snapshot.Record.CreatedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            string state = snapshot.Record.State.ToString().ToLowerInvariant() + Consistency(snapshot);
            table.Add(snapshot.Lab, name, taken, snapshot.Record.Machines.Count.ToString(CultureInfo.InvariantCulture), Memory(snapshot), state, TerminalText.Plain(snapshot.Record.Description?.ReplaceLineEndings(" ") ?? ""));
            Add(table, lab, snapshot.Name, depth + 1);
        }
    }

    private static string Line(SnapshotStatus taken)
    {
        int running = taken.Record.Machines.Values.Count(machine => machine.HasMemory);
        string memory = running == 0 ? "disks only" + Consistency(taken) : $"{running} with memory ({Memory(taken)})";
        return string.Create(CultureInfo.InvariantCulture, $"{taken.Lab}/{taken.Name}: {taken.Record.Machines.Count} machines, {memory}");
    }

    /// <summary>What holds for disks that were in use.</summary>
    private static string Consistency(SnapshotStatus snapshot)
    {
        DiskConsistency[] used = [.. snapshot.Record.Machines.Values.Select(machine => machine.Consistency).OfType<DiskConsistency>()];
        int frozen = used.Count(consistency => consistency == DiskConsistency.FileSystem);
        return used.Length == 0 ? "" : frozen == 0 ? ", crash-consistent" : frozen == used.Length ? ", file systems frozen" : $", file systems of {frozen} frozen";
    }

    private static string Memory(SnapshotStatus snapshot) => snapshot.MemoryBytes == 0
        ? snapshot.Record.Machines.Values.Any(machine => machine.Consistency is not null) ? "no" : "-"
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, snapshot.MemoryBytes / ByteSize.FromMiB(1).Bytes)}MiB");
}
