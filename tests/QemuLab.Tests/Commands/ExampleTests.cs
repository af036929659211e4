using System.CommandLine;
using System.Text;
using QemuLab.Commands;
using QemuLab.Engine.Hosts;
using QemuLab.Output;
using QemuLab.Tests.Fakes;
using Command = System.CommandLine.Command;

namespace QemuLab.Tests.Commands;

/// <summary>The examples of every verb's help: they are there, they are read without a fault, and what needs no guest does what it says.</summary>
public sealed class ExampleTests
{
    private const string LabText = """
        name: k8s
        image: micro
        parameters: { workers: 3 }
        network: { subnet: 10.77.0.0/24 }
        virtualIp: { address: 10.77.0.100, port: 6443, gateway: gateway, backends: control }
        hooks: [{ on: [ready, lab-ready], run: [tell] }]
        groups:
          gateway: {}
          control: { count: 2, labels: { role: control } }
          worker:
            count: ${workers}
            labels: { role: worker }
        """;

    /// <summary>Verbs whose examples want more than a hypervisor that only seems to be one, each with what.</summary>
    private static readonly (string Need, string[] Verbs)[] NotRun =
    [
        ("a guest", ["ssh", "exec", "cp", "ssh-all", "forward", "top", "console", "logs", "screenshot", "vnc", "send-key", "qmp", "soft-reboot", "network check", "vip drain", "vip undrain", "vip", "vip show"]),
        ("frames, and time", ["network capture"]),
        ("a switch", ["network cut", "network delay", "network loss", "network rate", "network partition", "network heal"]),
        ("a download", ["image pull"]),
        ("a builder", ["image build"]),
        ("systemd", ["service install", "service uninstall", "service"]),
        ("an installation", ["service status"]),
        ("a process of its own", ["daemon", "daemon start", "daemon status", "daemon stop"]),
        ("root", ["hosts", "network sudoers"]),
        ("its verbs' examples, and a switch", ["network"]),
        ("disks", ["set"]),
        ("memory", ["suspend", "resume"]),
        ("its verbs' examples", ["image"]),
        ("an editor", ["edit"]),
        ("the user's own ssh configuration", ["ssh-config"]),
        ("a script of its own", ["inventory"]),
        ("a host that was looked at", ["image list"]),
        ("an image that no disk stands on", ["image rm"]),
        ("a machine with stages", ["stages"]),
    ];

    private static readonly RootCommand Root = (RootCommand)CommandTree.Create(new Cli(new Terminal(TextWriter.Null, TextWriter.Null, null, Live: false), _ => null));

    [Fact]
    public void Every_verb_has_a_description_and_an_example_and_all_that_it_takes_is_described()
    {
        foreach (Command command in CompletionTests.Verbs(Root))
        {
            Verb verb = Assert.IsType<Verb>(command);
            Assert.False(string.IsNullOrEmpty(verb.Description), verb.Name);
            Assert.False(verb.Description!.EndsWith('.'), verb.Name);
            Assert.True(verb.Examples.Count > 0, $"{verb.Name} has no example");
            Assert.All(verb.Examples, example => Assert.Contains("qemulab ", example.Line, StringComparison.Ordinal));
            Assert.All(verb.Arguments.Cast<Symbol>().Concat(verb.Options.Where(option => !option.Hidden)), symbol => Assert.False(string.IsNullOrEmpty(symbol.Description), $"{verb.Name} {symbol.Name}"));
        }
    }

    [Fact]
    public void Each_verb_is_found_by_its_name_alone()
    {
        var cli = new Cli(new Terminal(TextWriter.Null, TextWriter.Null, null, Live: false), _ => null);
        Assert.All(CommandTree.Verbs, verb => Assert.Equal(verb.Name, verb.Create(cli).Name));
        Assert.Equal("list", Assert.Single(CommandTree.Create(cli, "list").Subcommands).Name);
        Assert.Equal(CommandTree.Verbs.Length, CommandTree.Create(cli, "ls").Subcommands.Count);
    }

    [Fact]
    public void Every_example_is_read_without_a_fault()
    {
        foreach (string line in CompletionTests.Verbs(Root).Cast<Verb>().SelectMany(verb => verb.Examples).Select(example => example.Line))
        {
            ParseResult parse = Root.Parse(GuestArguments.Separate(Words(line)));
            CommandTree.ThrowIfWrong(parse);
            Assert.True(parse.Errors.Count == 0, $"{line}: {string.Join(", ", parse.Errors)}");
        }
    }

    [Fact]
    public async Task What_needs_no_guest_runs()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(LabText);
        using var folder = new TemporaryDirectory();
        string labFile = Path.Combine(folder.Path, "lab.yaml");
        foreach (string preparation in (string[])["snapshot create before-upgrade", "snapshot create joined"])
        {
            Assert.Equal(0, (await daemon.RunAsync(preparation.Split(' '))).ExitCode);
        }

        var failed = new StringBuilder();
        // Of a lab that comes up, and with a password on standard input.
        string[] others = ["qemulab wait --all", "echo secret | qemulab init --user alice --password-stdin -o alice.yaml", "qemulab list --watch", "eval \"$(qemulab env k8s)\""];
        foreach (Verb verb in CompletionTests.Verbs(Root).Cast<Verb>().Where(verb => !NotRun.Any(needs => needs.Verbs.Contains(PathOf(verb)))))
        {
            foreach (string line in verb.Examples.Select(example => example.Line).Except(others).Where(line => !line.Contains(" -f", StringComparison.Ordinal) || line.Contains("-f -l", StringComparison.Ordinal)))
            {
                // Each finds the lab as it was launched, whatever the one before has made of it.
                foreach (Engine.Labs.TrashStatus deleted in daemon.Labs.Trash.All())
                {
                    daemon.Labs.Trash.Purge(deleted.Id);
                }

                await daemon.Labs.LaunchAsync(FakeLab.Source(LabText), new Engine.Labs.LaunchOptions(), null);
                File.Delete(labFile);
                if (!line.StartsWith("qemulab init", StringComparison.Ordinal))
                {
                    await File.WriteAllTextAsync(labFile, LabText, TestContext.Current.CancellationToken);
                }

                await PrepareAsync(daemon, PathOf(verb), line);
                CommandResult result = await daemon.RunInAsync(folder.Path, Words(line));
                if (result.ExitCode != (line.Contains("--exit-code", StringComparison.Ordinal) ? 1 : 0))
                {
                    failed.Append(line).Append(": ").Append(result.ExitCode).Append(' ').Append(result.Error);
                }
            }
        }

        Assert.True(failed.Length == 0, failed.ToString());
    }

    /// <summary>The state that a verb is for.</summary>
    private static async Task PrepareAsync(FakeDaemon daemon, string verb, string line)
    {
        if (Words(line) is ["snapshot", "create", var name, ..])
        {
            await daemon.RunAsync("snapshot", "delete", name);
        }

        string[] before = verb switch
        {
            "rewind" or "snapshot" or "snapshot delete" when !line.Contains("create", StringComparison.Ordinal) => ["snapshot create before-upgrade --replace"],
            "start" or "wait" => ["stop worker --force"],
            "unpause" => ["pause worker0"],
            "recover" or "purge" => ["delete worker2 -f"],
            "delete" => ["stop worker2 --force"],
            _ => [],
        };
        foreach (string preparation in before)
        {
            Assert.Equal(0, (await daemon.RunAsync(preparation.Split(' '))).ExitCode);
        }
    }

    private static string PathOf(Command verb) => verb.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand ? $"{PathOf(parent)} {verb.Name}" : verb.Name;

    /// <summary>The words behind <c>qemulab</c> in a line of a shell, up to where another program or a file takes over.</summary>
    private static string[] Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        char quote = default;
        foreach (char letter in line[(line.IndexOf("qemulab ", StringComparison.Ordinal) + "qemulab ".Length)..] + " ")
        {
            if (quote == default && letter is '|' or '>' or ')')
            {
                break;
            }

            if (letter == quote || (quote == default && letter is '"' or '\''))
            {
                quote = letter == quote ? default : letter;
            }
            else if (letter != ' ' || quote != default)
            {
                word.Append(letter);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return [.. words, .. word.Length > 0 ? [word.ToString()] : Array.Empty<string>()];
    }
}
