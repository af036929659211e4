using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab down LAB</c>: takes a lab away from this host.</summary>
internal static class DownCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "The lab; may be left out where there is only one", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var purge = new Option<bool>("--purge") { Description = "Remove the disks too" };
        Option<bool> yes = CommonOptions.Yes();
        Option<bool> force = CommonOptions.Force();
        Option<string?> grace = CommonOptions.Grace();
        return new Verb("down", "Stop a lab's machines and remove what was made on the host; disks stay")
        {
            Examples = [("qemulab down", "the only lab there is"), ("qemulab down k8s --purge -y", "disks and all, without a question")],
            Arguments = { lab },
            Options = { purge, force, grace, yes },
        }.Runs(parse =>
        {
            double? seconds = parse.GetValue(force) ? 0 : CommonOptions.WaitOf(parse, grace);
            LabView status = LabChoice.For(cli, parse.GetValue(lab));
            if (parse.GetValue(purge) && !parse.GetValue(yes) && !Confirmation.IsGiven(
                cli, $"--purge removes the disks of {status.Machines.Count} machines for good", $"Remove lab {status.Name} and the disks of its {status.Machines.Count} machines for good?"))
            {
                return;
            }

            string query = $"?purge={(parse.GetValue(purge) ? "true" : "false")}" + (seconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"&graceSeconds={value}") : "");
            using DaemonResponse response = cli.Daemon.Open("DELETE", $"/v1/labs/{status.Name}{query}");
            using var stream = new ChangeStream(cli, status.Machines.Select(machine => machine.Name), json: false);
            using Interrupts interrupts = Interrupts.Telling(stream.Leave, $"{status.Name} is taken down all the same: qemulab events -f");
            stream.Read(response);
            ForgetNames(cli, status.Name);
        });
    }

    /// <summary>What `hosts --install` has put into /etc/hosts goes with the lab, where this user may.</summary>
    private static void ForgetNames(Cli cli, string lab)
    {
        try
        {
            HostsCommand.Forget(lab);
        }
        catch (QemuLabException kept)
        {
            cli.Terminal.Error.WriteLine($"warning: {kept.Message}: the names of {lab} are still in it");
            cli.Terminal.Error.WriteLine($"hint: run: sudo qemulab hosts {lab} --remove");
        }
    }
}
