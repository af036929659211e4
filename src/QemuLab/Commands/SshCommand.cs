using System.CommandLine;
using QemuLab.Commands.Completion;

namespace QemuLab.Commands;

/// <summary><c>qemulab ssh NAME</c>: a login, or one command with a terminal.</summary>
internal static class SshCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var command = new Argument<string[]>("command") { Description = "What to run instead of a login shell", Arity = ArgumentArity.ZeroOrMore };
        return new Verb("ssh", "Log in to a machine", "shell")
        {
            Examples = [("qemulab ssh control0", "a shell"), ("qemulab ssh control0 -- sudo journalctl -b", "one command, on your terminal")],
            Arguments = { name, command },
        }.Returns(parse => GuestShell.Run(cli, parse.GetRequiredValue(name), parse.GetValue(command)!, terminal: true));
    }
}
