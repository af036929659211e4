using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab env</c>: a lab as variables for a shell's script.</summary>
internal static class EnvCommand
{
    public static System.CommandLine.Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "The lab; may be left out where there is one", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        Option<string> shell = new Option<string>("--shell") { Description = "sh (also bash, zsh) or fish", DefaultValueFactory = _ => "sh" }.Completes(["sh", "bash", "zsh", "fish"]);
        Option<bool> json = CommonOptions.Json("A JSON object of the same");
        return new Verb("env", "Print a lab's machines, addresses and ports as variables for a script")
        {
            Examples = [("eval \"$(qemulab env k8s)\"", "then: $QEMULAB_CONTROL0_ADDRESS, $QEMULAB_GROUP_WORKER, …"), ("qemulab env --json", "all of them, for a program")],
            Arguments = { lab },
            Options = { shell, json },
        }.Runs(parse =>
        {
            string form = parse.GetValue(shell) switch
            {
                "sh" or "bash" or "zsh" => "export {0}={1}",
                "fish" => "set -gx {0} {1}",
                var other => throw new QemuLabException(ErrorKind.Usage, "usage", $"there is no form for '{other}'", "sh (also bash, zsh) or fish"),
            };
            IReadOnlyList<(string Name, string Value)> variables = [.. Variables(LabChoice.For(cli, parse.GetValue(lab)), cli.Paths)];
            if (parse.GetValue(json))
            {
                JsonOutput.Write<IReadOnlyDictionary<string, string>>(cli.Terminal, variables.ToDictionary(variable => variable.Name, variable => variable.Value));
                return;
            }

            foreach ((string name, string value) in variables)
            {
                cli.Terminal.Out.WriteLine(string.Format(CultureInfo.InvariantCulture, form, name, ShellQuoting.Quote(value)));
            }
        });
    }

    /// <summary>In the lab's order; a hyphen of a name is an underscore.</summary>
    internal static IEnumerable<(string Name, string Value)> Variables(LabView lab, StatePaths paths)
    {
        yield return ("QEMULAB_LAB", lab.Name);
        yield return ("QEMULAB_SOCKET", paths.DaemonSocket);
        yield return ("QEMULAB_SSH_CONFIG", paths.SshConfig(lab.Name));
        yield return ("QEMULAB_MACHINES", string.Join(' ', lab.Machines.Select(machine => machine.Name)));
        foreach (IGrouping<string, MachineView> group in lab.Machines.GroupBy(machine => machine.Group))
        {
            yield return ($"QEMULAB_GROUP_{Word(group.Key)}", string.Join(' ', group.Select(machine => machine.Name)));
        }

        foreach (MachineView machine in lab.Machines.Where(machine => machine is { Plan: not null, Ssh: not null }))
        {
            string prefix = $"QEMULAB_{Word(machine.Name)}_";
            yield return (prefix + "ADDRESS", machine.Plan!.Address);
            yield return (prefix + "USER", machine.Ssh!.User);
            yield return (prefix + "SSH_HOST", machine.Ssh.Host);
            yield return (prefix + "SSH_PORT", machine.Ssh.Port.ToString(CultureInfo.InvariantCulture));
            if (machine.Plan.Ports.Count > 0)
            {
                yield return (prefix + "PORTS", string.Join(' ', machine.Plan.Ports));
            }
        }
    }

    private static string Word(string name) => name.ToUpperInvariant().Replace('-', '_');
}
