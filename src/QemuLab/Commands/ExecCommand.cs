using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab exec NAME… -- CMD</c>: one command in one guest or in many; its exit code is ours.</summary>
internal static class ExecCommand
{
    private const int MostAtOnce = 32;

    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var command = new Argument<string[]>("command") { Description = "The command and its arguments; -- before it, where several are named", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> json = CommonOptions.Json("A JSON array: each machine's exit code and what it wrote");
        var parallel = new Option<int>("--parallel") { Description = $"So many machines at the same time ({MostAtOnce})", HelpName = "count", DefaultValueFactory = _ => MostAtOnce };
        Verb verb = selection.Of(new Verb("exec", "Run a command in machines; exit codes are handed through, the worst of several, 125 means that it could not be run")
        {
            Examples =
            [
                ("qemulab exec control0 -- uname -a", "one command"),
                ("tar c . | qemulab exec control0 -- tar x", "with standard input"),
                ("qemulab exec worker -- uptime", "in a whole group, side by side; each line with its machine's name"),
                ("qemulab exec -l zone=a -- sudo reboot", "by a label"),
                ("qemulab exec --all --json -- cat /etc/hostname", "for scripts"),
            ],
        }, json, parallel);
        verb.Arguments.Add(command);
        return verb.Returns(parse =>
        {
            (string[] names, string[] words) = GuestArguments.Split(parse, selection.Names);
            if (words.Length == 0)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "no command is given", "put it behind --: qemulab exec control0 -- uname -a");
            }

            if (parse.GetValue(parallel) < 1)
            {
                throw new QemuLabException(ErrorKind.Usage, "number-invalid", $"--parallel '{parse.GetValue(parallel)}' is not a number of machines", "give 1 or more");
            }

            IReadOnlyList<MachineLoginView> machines = GuestShell.Own(() => Find(cli, parse, selection, names));
            bool isOne = machines.Count == 1 && !selection.IsByOption(parse) && !parse.GetValue(json);
            return isOne ? GuestShell.Run(cli, machines[0], words, terminal: false) : new GuestShells(cli, parse.GetValue(parallel)).Run(machines, words, parse.GetValue(json));
        });
    }

    private static IReadOnlyList<MachineLoginView> Find(Cli cli, ParseResult parse, MachineSelection selection, string[] names)
    {
        try
        {
            return selection.FindLogins(cli, parse, names);
        }
        catch (QemuLabException error) when (error.Code == "machine-not-found" && names.Length > 1)
        {
            throw new QemuLabException(error.Kind, error.Code, error.Message, $"{error.Hint}; what stands before the first -- are machines: qemulab exec {names[0]} -- {string.Join(' ', names[1..])} …", error);
        }
    }
}
