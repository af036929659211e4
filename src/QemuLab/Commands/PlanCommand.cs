using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Output;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab plan FILE</c>: what a launch would do on this host.</summary>
internal static class PlanCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> file = new Argument<string?>("file") { Description = "The lab file; without it ./lab.yaml, else that of the one lab there is", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.File);
        Option<string[]> set = CommonOptions.Set();
        Option<string?> argv = new Option<string?>("--argv") { Description = "The QEMU command line of this machine", HelpName = "machine" }.Completes(WordKind.Machine);
        var explain = new Option<bool>("--explain") { Description = "With --argv: each argument and its reason" };
        Option<bool> json = CommonOptions.Json("The whole plan");
        return new Verb("plan", "Show what a launch would do; nothing is touched")
        {
            Examples =
            [
                ("qemulab plan", "addresses, sizes, network, warnings"),
                ("qemulab plan --argv control0", "a command line to paste"),
                ("qemulab plan --argv control0 --explain", "why each argument is there"),
            ],
            Arguments = { file },
            Options = { set, argv, explain, json },
        }.Runs(parse =>
        {
            LabSource source = LabSourceLoader.Load(LabFile.Choose(cli, parse.GetValue(file)), parse.GetValue(set)!);
            LabFile.ReadOrThrow(cli, source);
            string? machine = parse.GetValue(argv);
            PlanView plan = cli.Daemon.Post<LabSource, PlanView>("/v1/plans" + (machine is null ? "" : "?argv=" + Uri.EscapeDataString(machine)), source);
            if (machine is null || parse.GetValue(json))
            {
                Show(cli, plan, parse.GetValue(json));
            }
            else
            {
                ShowArguments(cli, plan.Machines.First(candidate => candidate.Name == machine), parse.GetValue(explain));
            }
        });
    }

    public static void Show(Cli cli, PlanView plan, bool json)
    {
        if (json)
        {
            JsonOutput.Write(cli.Terminal, plan);
            return;
        }

        cli.Terminal.Out.Write(PlanText.Render(plan, cli.Terminal.Width));
        foreach (string warning in plan.Warnings)
        {
            cli.Terminal.Warning(warning);
        }
    }

    private static void ShowArguments(Cli cli, PlannedMachineView machine, bool explain)
    {
        IReadOnlyList<ArgumentView> arguments = machine.Arguments ?? throw new QemuLabException(ErrorKind.Failed, "no-arguments", "the daemon sent no arguments");
        string program = cli.Daemon.Get<HostView>("/v1/host").Qemu?.System ?? "qemu-system";
        if (!explain)
        {
            cli.Terminal.Out.WriteLine(ShellQuoting.Join([program, .. arguments.SelectMany(argument => argument.Value is { } value ? new[] { argument.Flag, value } : [argument.Flag])]));
            return;
        }

        foreach (ArgumentView argument in arguments)
        {
            string words = argument.Value is { } value ? $"{argument.Flag} {ShellQuoting.Quote(value)}" : argument.Flag;
            cli.Terminal.Out.WriteLine($"{words}\n    {argument.Reason}");
        }
    }
}
