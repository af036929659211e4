using System.CommandLine;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands.Manual;

/// <summary><c>qemulab man [VERB…]</c>: manual pages, printed or written into a folder.</summary>
internal static class ManCommand
{
    private const UnixFileMode Readable = AtomicFile.Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static Command Create(Cli cli)
    {
        Argument<string[]> words = new Argument<string[]>("verb") { Description = "A verb, such as launch-all or image pull; none: the overview", Arity = ArgumentArity.ZeroOrMore }.Completes(WordKind.Verb);
        Option<string?> all = new Option<string?>("--all") { Description = "Write the pages of all verbs into this folder", HelpName = "folder" }.Completes(WordKind.Folder);
        return new Verb("man", "Print a manual page, from the words of --help, in the form that man reads")
        {
            Examples =
            [
                ("qemulab man launch-all | man -l -", "read one"),
                ("qemulab man snapshot create", "of a verb below another"),
                ("qemulab man --all ~/.local/share/man/man1", "from then on: man qemulab, man qemulab-launch-all"),
            ],
            Arguments = { words },
            Options = { all },
        }.Runs(parse =>
        {
            Command root = parse.RootCommandResult.Command;
            string[] path = parse.GetValue(words)!;
            if (parse.GetValue(all) is not { } folder)
            {
                cli.Terminal.Out.Write(ManualPage.Of(Find(root, path)));
                return;
            }

            if (path.Length > 0)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--all and a verb exclude each other");
            }

            Directory.CreateDirectory(folder);
            Command[] verbs = [.. ManualPage.All(root)];
            foreach (Command verb in verbs)
            {
                AtomicFile.Write(Path.Combine(Path.GetFullPath(folder), ManualPage.NameOf(verb) + ".1"), ManualPage.Of(verb), Readable);
            }

            cli.Terminal.Note($"{verbs.Length} pages are in {folder}");
        });
    }

    /// <exception cref="QemuLabException">There is no such verb.</exception>
    internal static Command Find(Command root, IEnumerable<string> path)
    {
        Command found = root;
        foreach (string word in path)
        {
            Command[] below = [.. found.Subcommands.Where(verb => !verb.Hidden)];
            found = below.FirstOrDefault(verb => verb.Name == word || verb.Aliases.Contains(word)) ?? throw new QemuLabException(
                ErrorKind.Usage, "verb-unknown", $"there is no command '{word}'", NearestName.Of(word, below.SelectMany(verb => verb.Aliases.Prepend(verb.Name))) is { } nearest ? $"did you mean {nearest}?" : "run: qemulab --help");
        }

        return found;
    }
}
