using System.CommandLine;

namespace QemuLab.Commands;

/// <summary><c>qemulab ssh NAME</c>: a login, or one command with a terminal.</summary>
internal static class SshCommand
{
    public static Command Create(Cli cli)
    {
        var name = new Argument<string>("name") { Description = "A machine" };
        var command = new Argument<string[]>("command") { Description = "What to run instead of a login shell", Arity = ArgumentArity.ZeroOrMore };
        return new Verb("ssh", "Log in to a machine", "shell")
        {
            Examples = [("qemulab ssh control0", "a shell"), ("qemulab ssh control0 -- sudo journalctl -b", "one command, on your terminal")],
            Arguments = { name, command },
        }.Returns(parse => GuestShell.Run(cli, parse.GetRequiredValue(name), parse.GetValue(command)!, terminal: true));
    }
}
