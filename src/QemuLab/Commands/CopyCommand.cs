using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab cp SRC… DST</c>: files to and from machines, by OpenSSH's own scp.</summary>
internal static class CopyCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string[]> places = new Argument<string[]>("source... destination") { Description = "Paths of this host or NAME:PATH, where NAME is a machine or a group; - is standard input or output", Arity = ArgumentArity.OneOrMore }.Completes(WordKind.File, WordKind.MachineOrGroup);
        var recursive = new Option<bool>("--recursive", "-r", "-a") { Description = "Folders too, with all that is in them" };
        var preserve = new Option<bool>("--preserve", "-p") { Description = "Keep times and permissions" };
        return new Verb("cp", "Copy files to and from machines", "copy", "scp")
        {
            Examples =
            [
                ("qemulab cp app.conf control0:/tmp/", "to a machine; without a path: into its login user's home"),
                ("qemulab cp -r site worker:", "a folder to each machine of a group, side by side"),
                ("qemulab cp control0:/var/log/syslog .", "from a machine"),
                ("qemulab cp worker:/etc/hostname names", "from several: names/worker0/hostname, names/worker1/hostname"),
                ("qemulab cp control0:ca.pem worker:", "from machine to machine, over this host"),
                ("tar c . | qemulab cp - control0:site.tar", "standard input; cp NAME:FILE - is standard output"),
            ],
            Arguments = { places },
            Options = { recursive, preserve },
        }.Returns(parse =>
        {
            CopyPlace[] all = [.. parse.GetRequiredValue(places).Select(CopyPlace.Parse)];
            if (all.Length < 2)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "a copy needs a source and a destination", "such as: qemulab cp file control0:/tmp/");
            }

            (CopyPlace[] sources, CopyPlace target) = (all[..^1], all[^1]);
            if (sources.Any(source => source.IsStream) || target.IsStream)
            {
                return Stream(cli, sources, target);
            }

            var copy = new FileCopy(cli, parse.GetValue(recursive), parse.GetValue(preserve));
            return (sources.Any(source => source.Machine is not null), target.Machine is not null) switch
            {
                (false, true) => copy.Up(sources, MachineNames.FindLogins(cli, [target.Machine!]), target.Path),
                (true, false) => copy.Down([.. Found(cli, sources)], target.Path),
                (true, true) => copy.Across([.. Found(cli, sources)], MachineNames.FindLogins(cli, [target.Machine!]), target.Path),
                _ => throw new QemuLabException(ErrorKind.Usage, "usage", "neither side is a machine", "a machine's path is NAME:PATH, such as control0:/tmp/"),
            };
        });
    }

    private static IEnumerable<(MachineLoginView Machine, string Path)> Found(Cli cli, IEnumerable<CopyPlace> sources)
    {
        foreach (CopyPlace source in sources)
        {
            if (source.Machine is null)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", $"'{source}' is of this host, other sources are of machines", "copy them one after the other");
            }

            foreach (MachineLoginView machine in MachineNames.FindLogins(cli, [source.Machine]))
            {
                yield return (machine, source.Path);
            }
        }
    }

    private static int Stream(Cli cli, CopyPlace[] sources, CopyPlace target)
    {
        if (sources is not [var source] || (source.Machine is null) == (target.Machine is null))
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", "- is standard input to one NAME:PATH, or standard output of one", "such as: qemulab cp - control0:file");
        }

        // As arguments of a shell of the guest's, so that no character of the path is taken for more than itself.
        (string place, string path, string line) = source.IsStream ? (target.Machine!, target.Path, "cat >\"$1\"") : (source.Machine!, source.Path, "cat <\"$1\"");
        string[] command = ["sh", "-c", line, "sh", path];
        IReadOnlyList<MachineLoginView> machines = MachineNames.FindLogins(cli, [place]);
        if (machines is [var one])
        {
            return GuestShell.Run(cli, one, command, terminal: false);
        }

        return source.IsStream
            ? new GuestShells(cli, machines.Count).Run(machines, command, json: false)
            : throw new QemuLabException(ErrorKind.Usage, "machine-ambiguous", $"'{place}' is a group of {machines.Count} machines", $"name one of them, such as {machines[0].Name}");
    }
}
