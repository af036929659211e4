using System.CommandLine;
using QemuLab.Api;

namespace QemuLab.Commands;

/// <summary><c>pause</c>, <c>unpause</c>, <c>reset</c>, <c>suspend</c> and <c>resume</c>.</summary>
internal static class PowerCommands
{
    public static Command Pause(Cli cli) => EachOf(cli, "pause", "Stand machines' CPUs still; they keep their memory", [("qemulab pause worker0", "until: qemulab unpause worker0"), ("qemulab pause --all", "every machine of every lab")]);

    public static Command Unpause(Cli cli) => EachOf(cli, "unpause", "Let paused machines go on", [("qemulab unpause worker0", "it goes on where it was")]);

    public static Command Reset(Cli cli) => EachOf(cli, "reset", "Press machines' reset button: they boot anew, the guests are not asked", [("qemulab reset worker0", "as a crash would")]);

    public static Command Suspend(Cli cli)
    {
        (Argument<string[]> names, Option<bool> all) = Which();
        return new Verb("suspend", "Put machines to sleep on disk, those of a lab at one instant; they take no memory and no CPU then")
        {
            Examples = [("qemulab suspend --all", "before the laptop is shut down"), ("qemulab suspend worker0", "one machine"), ("qemulab resume --all", "go on where they were")],
            Arguments = { names },
            Options = { all },
        }.Runs(parse =>
        {
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, parse.GetValue(all));
            bool everything = parse.GetValue(all);
            foreach (IGrouping<string, MachineView> lab in machines.GroupBy(machine => machine.Lab))
            {
                string[] chosen = [.. lab.Select(machine => machine.Name)];
                foreach (string name in cli.Daemon.Post<SuspendRequest, IReadOnlyList<string>>($"/v1/labs/{lab.Key}/suspend", new SuspendRequest(everything ? null : chosen)))
                {
                    cli.Terminal.Out.WriteLine($"{lab.Key}/{name}: suspended");
                }
            }
        });
    }

    public static Command Resume(Cli cli)
    {
        (Argument<string[]> names, Option<bool> all) = Which();
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        return new Verb("resume", "Let suspended machines go on where they were; so does start, and launch-all")
        {
            Examples = [("qemulab resume --all", "every suspended machine"), ("qemulab start worker0 --cold", "boot it instead, and forget its memory")],
            Arguments = { names },
            Options = { all, noWait, timeout },
        }.Runs(parse =>
        {
            var request = new StartRequest(!parse.GetValue(noWait), CommonOptions.SecondsOf(parse, timeout));
            bool everything = parse.GetValue(all);
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, everything);
            MachineView[] asleep = [.. machines.Where(machine => !everything || machine.State == Engine.Machines.MachineState.Suspended)];
            MachineChanges.Run(cli, asleep, (daemon, machine) => daemon.Post<StartRequest, MachineChangeView>(MachineNames.Route(machine, "resume"), request));
        });
    }

    private static Verb EachOf(Cli cli, string verb, string description, (string, string)[] examples)
    {
        (Argument<string[]> names, Option<bool> all) = Which();
        return new Verb(verb, description) { Examples = examples, Arguments = { names }, Options = { all } }.Runs(parse =>
        {
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, parse.GetValue(names)!, parse.GetValue(all));
            MachineChanges.Run(cli, machines, (daemon, machine) =>
            {
                using DaemonResponse response = daemon.Open("POST", MachineNames.Route(machine, verb));
                return response.Read(ApiJson.Info<MachineChangeView>());
            });
        });
    }

    private static (Argument<string[]> Names, Option<bool> All) Which() =>
        (new("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.ZeroOrMore }, new("--all", "-a") { Description = "Every machine of every lab" });
}
