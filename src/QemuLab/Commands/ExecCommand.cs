using System.CommandLine;
using QemuLab.Commands.Completion;

namespace QemuLab.Commands;

/// <summary><c>qemulab exec NAME -- CMD</c>: one command in a guest; its exit code is ours.</summary>
internal static class ExecCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var command = new Argument<string[]>("command") { Description = "The command and its arguments", Arity = ArgumentArity.OneOrMore };
        return new Verb("exec", "Run a command in a machine; its exit code is handed through, 125 means that it could not be run")
        {
            Examples = [("qemulab exec control0 -- uname -a", "one command"), ("tar c . | qemulab exec control0 -- tar x", "with standard input")],
            Arguments = { name, command },
        }.Returns(parse => GuestShell.Run(cli, parse.GetRequiredValue(name), parse.GetValue(command)!, terminal: false));
    }
}
