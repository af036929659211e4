using System.CommandLine;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Ssh;

namespace QemuLab.Commands;

/// <summary><c>qemulab ssh-config</c>: the machines for everything that goes by ssh: scp, rsync, git, editors.</summary>
internal static class SshConfigCommand
{
    public static System.CommandLine.Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "Only this lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var install = new Option<bool>("--install") { Description = "Include the machines of all labs, present and future, in your ~/.ssh/config" };
        var remove = new Option<bool>("--remove") { Description = "Take that out of ~/.ssh/config again" };
        return new Verb("ssh-config", "Print the machines as ssh configuration, or include them in yours")
        {
            Examples =
            [
                ("qemulab ssh-config", "print it"),
                ("qemulab ssh-config --install", "from now on plain: ssh control0, scp, rsync, git clone control0:repo"),
                ("qemulab ssh-config --remove", "undo that"),
            ],
            Arguments = { lab },
            Options = { install, remove },
        }.Runs(parse =>
        {
            if (parse.GetValue(install) && parse.GetValue(remove))
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--install and --remove exclude each other");
            }

            if ((parse.GetValue(install) || parse.GetValue(remove)) && parse.GetValue(lab) is not null)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--install and --remove are for all labs", "leave the lab's name out");
            }

            string line = UserSshConfig.Line(cli.Paths.Labs);
            if (parse.GetValue(install))
            {
                Change(cli, text => UserSshConfig.With(text, line), "includes", "included already");
            }
            else if (parse.GetValue(remove))
            {
                Change(cli, text => UserSshConfig.Without(text, line), "no longer includes", "not included");
            }
            else
            {
                Print(cli, parse.GetValue(lab));
            }
        });
    }

    private static void Print(Cli cli, string? name)
    {
        string[] labs = name is null
            ? [.. cli.Daemon.Get<IReadOnlyList<Api.LabView>>("/v1/labs").Select(lab => lab.Name)]
            : [LabChoice.For(cli, name).Name];
        if (labs.Length == 0)
        {
            cli.Terminal.Error.WriteLine("no machines; launch a lab: qemulab launch-all lab.yaml");
        }

        foreach (string path in labs.Select(cli.Paths.SshConfig).Where(File.Exists))
        {
            cli.Terminal.Out.Write(File.ReadAllText(path));
        }
    }

    private static void Change(Cli cli, Func<string, string> change, string done, string needless)
    {
        string folder = Path.Combine(cli.Environment("HOME") is { Length: > 0 } home ? home : throw new QemuLabException(ErrorKind.Usage, "no-home", "HOME is not set", "set HOME to your home folder"), ".ssh");
        string named = Path.Combine(folder, "config");
        Directory.CreateDirectory(folder, AtomicFile.Private | UnixFileMode.UserExecute);
        // Kept elsewhere and linked to, as people do: the link stays.
        string path = File.Exists(named) && File.ResolveLinkTarget(named, returnFinalTarget: true) is { } target ? target.FullName : named;
        string before = File.Exists(path) ? File.ReadAllText(path) : "";
        string after = change(before);
        if (after == before)
        {
            cli.Terminal.Out.WriteLine($"{named}: {needless}");
            return;
        }

        AtomicFile.Write(path, after, File.Exists(path) ? File.GetUnixFileMode(path) : AtomicFile.Private);
        cli.Terminal.Out.WriteLine($"{named} {done} the machines of {cli.Paths.Labs}");
    }
}
