using System.CommandLine;
using System.Text;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab diff</c>: what a lab file asks for against what runs; and <c>qemulab set</c>, which asks for something else.</summary>
internal static class DiffCommand
{
    /// <summary>What a shell offers for <c>set</c>: keys that are a word or a size each.</summary>
    private static readonly string[] Settings =
    [
        "cpus=", "memory=", "maxMemory=", "disk=", "image=", "cpuModel=", "gracePeriod=", "autostart=true", "autostart=false", "watchdog=",
        .. Enum.GetNames<RunStrategy>().Select(strategy => "runStrategy=" + strategy),
    ];

    public static Command Create(Cli cli)
    {
        Argument<string?> file = new Argument<string?>("file") { Description = "The lab file; without it ./lab.yaml, else that of the one lab there is", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.File);
        Option<string[]> set = CommonOptions.Set();
        var exitCode = new Option<bool>("--exit-code") { Description = "End with exit code 1 where there is a difference" };
        Option<bool> json = CommonOptions.Json("A JSON array of machines, each with its differences");
        return new Verb("diff", "Show what a launch would change; nothing is touched")
        {
            Examples = [("qemulab diff", "./lab.yaml against what runs"), ("qemulab diff lab.yaml --set workers=5 --exit-code", "in a script")],
            Arguments = { file },
            Options = { set, exitCode, json },
        }.Returns(parse =>
        {
            LabSource source = LabSourceLoader.Load(LabFile.Choose(cli, parse.GetValue(file)), parse.GetValue(set)!);
            LabFile.ReadOrThrow(cli, source);
            IReadOnlyList<MachineDiff> all = cli.Daemon.Post<LabSource, IReadOnlyList<MachineDiff>>("/v1/diffs", source);
            MachineDiff[] changed = [.. all.Where(machine => machine.Kind != DiffKind.Known || machine.Differences.Count > 0)];
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, all);
            }
            else if (changed.Length == 0)
            {
                cli.Terminal.Error.WriteLine("no difference");
            }
            else
            {
                cli.Terminal.Out.Write(Text(changed));
            }

            return parse.GetValue(exitCode) && changed.Length > 0 ? 1 : 0;
        });
    }

    public static Command CreateSet(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine, LAB/MACHINE or a group" }.Completes(WordKind.MachineOrGroup);
        Argument<string[]> settings = new Argument<string[]>("key=value") { Description = "Keys of a machine as in the lab file", Arity = ArgumentArity.OneOrMore }.Completes(Settings);
        Option<bool> json = CommonOptions.Json("A JSON array of machines, each with its differences");
        return new Verb("set", "Give machines other values than the lab file, until its next launch; done at once where that is possible")
        {
            Examples = [("qemulab set control0 memory=4GiB", "from its next restart on"), ("qemulab set worker disk=40GiB", "a whole group, at once: disks grow while machines run")],
            Arguments = { name, settings },
            Options = { json },
        }.Runs(parse =>
        {
            IReadOnlyList<MachineView> machines = MachineNames.Find(cli, [parse.GetRequiredValue(name)]);
            var request = new SetRequest([.. machines.Select(machine => machine.Name)], parse.GetValue(settings)!);
            IReadOnlyList<MachineDiff> all = cli.Daemon.Post<SetRequest, IReadOnlyList<MachineDiff>>($"/v1/labs/{machines[0].Lab}/set", request);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, all);
                return;
            }

            cli.Terminal.Out.Write(Text(all));
            cli.Terminal.Note("to keep it, write it into the lab file: the next launch goes by that");
            if (all.Where(machine => machine.NeedsRestart).Select(machine => machine.Machine).ToArray() is { Length: > 0 } stale)
            {
                cli.Terminal.Note($"to apply the rest: qemulab restart {string.Join(' ', stale)}");
            }
        });
    }

    /// <summary>A line for each machine, and below it one for each key.</summary>
    internal static string Text(IReadOnlyList<MachineDiff> machines)
    {
        var text = new StringBuilder();
        foreach (MachineDiff machine in machines)
        {
            text.Append(machine.Machine).Append(": ").Append(Headline(machine)).Append('\n');
            foreach (MachineDifference one in machine.Differences)
            {
                text.Append("  ").Append(Line(one)).Append(Remark(machine, one)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary><c>memory: 2GiB -> 4GiB</c>.</summary>
    internal static string Line(MachineDifference one) => $"{one.Key}: {Word(one.Running)} -> {Word(one.Wanted)}";

    private static string Remark(MachineDiff machine, MachineDifference one) => (one, machine.IsUp) switch
    {
        ({ IsKept: true }, _) => "   (stays: a disk never shrinks)",
        ({ NeedsRestart: false }, true) => "   (while it runs)",
        _ => "",
    };

    private static string Word(string value) => value.Length == 0 ? "none" : value;

    private static string Headline(MachineDiff machine) => machine switch
    {
        { Kind: DiffKind.New } => "new, a launch makes it",
        { Kind: DiffKind.Leftover } => "no longer in the lab file, launch-all --prune deletes it",
        { NeedsRestart: true } => "restart required",
        _ when machine.Differences.All(one => one.IsKept) => "as it is",
        { IsUp: true } => "done while it runs",
        _ => "from its next start on",
    };
}
