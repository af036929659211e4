using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Machines;

namespace QemuLab.Commands;

/// <summary><c>pause</c>, <c>unpause</c>, <c>reset</c>, <c>soft-reboot</c>, <c>kill</c>, <c>suspend</c> and <c>resume</c>.</summary>
internal static class PowerCommands
{
    public static Command Pause(Cli cli) => EachOf(cli, "pause", "Stand machines' CPUs still; they keep their memory", [("qemulab pause worker0", "until: qemulab unpause worker0"), ("qemulab pause --all", "every machine of every lab")]);

    public static Command Unpause(Cli cli) => EachOf(cli, "unpause", "Let paused machines go on", [("qemulab unpause worker0", "it goes on where it was")]);

    public static Command Reset(Cli cli) => EachOf(cli, "reset", "Press machines' reset button: they boot anew, the guests are not asked", [("qemulab reset worker0", "as a crash would")]);

    public static Command SoftReboot(Cli cli) => EachOf(cli, "soft-reboot", "Ask machines' guests to boot anew; QEMU stays the same", [("qemulab soft-reboot worker0", "as reboot does in the guest"), ("qemulab wait worker0", "until it is ready again")]);

    public static Command Kill(Cli cli) => EachOf(cli, "kill", "Kill machines' QEMU, as a power failure would; their run strategies say what follows", [("qemulab kill control0", "to see what a cluster makes of it")]);

    public static Command Suspend(Cli cli)
    {
        var selection = new MachineSelection();
        var verb = new Verb("suspend", "Put machines to sleep on disk, those of a lab at one instant; they take no memory and no CPU then")
        {
            Examples = [("qemulab suspend --all", "before the laptop is shut down"), ("qemulab suspend worker0", "one machine"), ("qemulab resume --all", "go on where they were")],
        };
        return selection.Of(verb).Returns(parse =>
        {
            // Of many, those that have no QEMU have nothing to be put on disk.
            IEnumerable<MachineView> machines = selection.Find(cli, parse)
                .Where(machine => selection.IsNamed(parse, machine) || machine.State is not (MachineState.Stopped or MachineState.Failed or MachineState.CrashLoopBackOff or MachineState.Suspended));
            return machines.GroupBy(machine => machine.Lab, machine => machine.Name).Select(lab => Suspend(cli, lab.Key, [.. lab])).DefaultIfEmpty(0).Max();
        });
    }

    /// <summary>A lab that cannot be suspended does not keep the next one from it.</summary>
    /// <returns>The exit code.</returns>
    private static int Suspend(Cli cli, string lab, IReadOnlyList<string> machines)
    {
        try
        {
            foreach (string name in FollowedRequest.Run(cli, [.. machines.Select(machine => new MachineIdentityView(lab, machine))], $"the machines go on, unless all of them are saved already: qemulab list {lab}", daemon => daemon.Post<SuspendRequest, IReadOnlyList<string>>($"/v1/labs/{lab}/suspend", new SuspendRequest(machines)), lab))
            {
                cli.Terminal.Out.WriteLine($"{lab}/{name}: suspended");
            }

            return 0;
        }
        catch (QemuLabException refused)
        {
            Failure failure = Failure.Of(refused, cli.Paths.DaemonLog);
            foreach (string line in failure.Lines)
            {
                cli.Terminal.Error.WriteLine(line);
            }

            return failure.ExitCode;
        }
    }

    public static Command Resume(Cli cli)
    {
        Option<bool> noWait = CommonOptions.NoWait();
        Option<string?> timeout = CommonOptions.Timeout();
        var verb = new Verb("resume", "Let suspended machines go on where they were; so does start, and launch-all")
        {
            Examples = [("qemulab resume --all", "every suspended machine"), ("qemulab start worker0 --cold", "boot it instead, and forget its memory")],
        };
        return new MachineChanges(cli, new MachineSelection()).Of(verb, [noWait, timeout], parse =>
        {
            var request = new StartRequest(!parse.GetValue(noWait), CommonOptions.WaitOf(parse, timeout));
            return (daemon, machine) => daemon.Post<StartRequest, MachineChangeView>(MachineNames.Route(machine, "resume"), request);
        });
    }

    private static Verb EachOf(Cli cli, string verb, string description, (string, string)[] examples) =>
        new MachineChanges(cli, new MachineSelection()).Of(new Verb(verb, description) { Examples = examples });
}
