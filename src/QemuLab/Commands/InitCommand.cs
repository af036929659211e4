using System.CommandLine;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab init</c>: writes a lab file to begin with, from what flags say or a person answers.</summary>
internal static class InitCommand
{
    private const UnixFileMode Readable = AtomicFile.Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string StandardOutput = "-";

    public static Command Create(Cli cli)
    {
        Option<string?> template = new Option<string?>("--template") { Description = $"What to begin with: {string.Join(", ", TemplateCommand.Names)}", HelpName = "name" }.Completes(TemplateCommand.Names);
        var name = new Option<string?>("--name") { Description = "The lab's name", HelpName = "name" };
        Option<string?> image = new Option<string?>("--image") { Description = "The image that its machines start from", HelpName = "image" }.Completes(WordKind.Image);
        var memory = new Option<string?>("--memory") { Description = "Each machine's memory; left out: what fits this host", HelpName = "size" };
        var cpus = new Option<int?>("--cpus") { Description = "Each machine's CPUs; left out: what fits this host", HelpName = "count" };
        var user = new Option<string?>("--user") { Description = "A user to make on every machine, who may become root", HelpName = "name" };
        var password = new Option<bool>("--password-stdin") { Description = "Read the user's password from standard input; only its hash is written" };
        Option<string[]> keys = new Option<string[]>("--ssh-key") { Description = "A public key that may log in; may be repeated", HelpName = "file", DefaultValueFactory = _ => [] }.Completes(WordKind.File);
        var set = new Option<string[]>("--set") { Description = "Write another value for a key of the file; may be repeated", HelpName = "key=value", DefaultValueFactory = _ => [] };
        Option<string> output = new Option<string>("--output", "-o") { Description = "The file to write; -: standard output", HelpName = "file", DefaultValueFactory = _ => LabFile.Default }.Completes(WordKind.File);
        var force = new Option<bool>("--force", "-f") { Description = "Write over a file that is there" };
        Option[] answers = [template, name, image, memory, cpus, user, password, keys, set];
        return new Verb("init", "Write a lab file to begin with; on a terminal, and without options, by asking")
        {
            Examples =
            [
                ("qemulab init", "asks, and writes ./lab.yaml"),
                ("qemulab init --template three-node --name demo --image micro", "asks nothing"),
                ("qemulab init --template kubernetes-ha --set workers=2 --output -", "look at it first"),
                ("echo secret | qemulab init --user alice --password-stdin -o alice.yaml", "with a user who has a password"),
            ],
            Options = { template, name, image, memory, cpus, user, password, keys, set, output, force },
        }.Runs(parse =>
        {
            string file = parse.GetRequiredValue(output);
            CheckPlace(file, parse.GetValue(force));

            bool asks = !Console.IsInputRedirected && !Console.IsErrorRedirected && answers.All(option => parse.GetResult(option) is null or { Implicit: true });
            LabDraft draft = asks ? InitQuestions.Ask(cli, SizeOf(cli)) : new LabDraft
            {
                Template = LabTemplate.Find(parse.GetValue(template) ?? LabDraft.UsualTemplate),
                Name = parse.GetValue(name),
                Image = parse.GetValue(image),
                Memory = parse.GetValue(memory),
                Cpus = parse.GetValue(cpus),
                User = parse.GetValue(user),
                PasswordHash = parse.GetValue(password) ? Passwords.HashOfInput(parse.GetValue(user), Console.In) : null,
                SshKeys = [.. parse.GetValue(keys)!.Select(PublicKeys.Read)],
                Settings = parse.GetValue(set)!,
            };
            Write(cli, draft, file, parse.GetValue(force));
        });
    }

    private static HostSize SizeOf(Cli cli) => HostProbe.SizeAsync(new CommandRunner()).GetAwaiter().GetResult();

    private static void Write(Cli cli, LabDraft draft, string file, bool force)
    {
        string shown = file == StandardOutput ? LabFile.Default : file;
        (string text, Lab lab, string? proposal) = draft.Compose(shown, () => SizeOf(cli));
        if (file == StandardOutput)
        {
            cli.Terminal.Out.Write(text);
        }
        else
        {
            Save(file, text, force, draft.PasswordHash is null ? Readable : AtomicFile.Private);
            cli.Terminal.Out.WriteLine($"wrote {file}: lab {lab.Name}, {lab.Machines.Count} {(lab.Machines.Count == 1 ? "machine" : "machines")} of {lab.Machines[0].Image}");
        }

        if (proposal is not null)
        {
            cli.Terminal.Note("chosen for this host: " + proposal);
        }

        if (file != StandardOutput)
        {
            cli.Terminal.Note($"read it, then launch it: qemulab launch-all {ShellQuoting.Quote(file)}");
        }
    }

    /// <exception cref="QemuLabException">A file is there that is not to be written over, or no folder for one.</exception>
    private static void CheckPlace(string file, bool force)
    {
        if (file == StandardOutput)
        {
            return;
        }

        if (Directory.Exists(file) || (File.Exists(file) && !force))
        {
            throw Exists(file);
        }

        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
        {
            throw new QemuLabException(ErrorKind.Usage, "folder-missing", $"there is no folder {folder}", $"make it: mkdir -p {ShellQuoting.Quote(folder)}");
        }
    }

    private static void Save(string file, string text, bool force, UnixFileMode mode)
    {
        string path = Path.GetFullPath(file);
        if (force)
        {
            AtomicFile.Write(path, text, mode);
            return;
        }

        try
        {
            // Made anew or not at all: it may have come to be while questions were answered.
            using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw Exists(file);
        }
    }

    private static QemuLabException Exists(string file) => new(ErrorKind.Conflict, "file-exists", $"{file} is there already", "take another name: --output FILE; or write over it: --force");
}
