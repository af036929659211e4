using QemuLab.Commands;
using QemuLab.Commands.Completion;
using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Output;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>What a shell offers: the words by themselves, and a real bash that has sourced the script.</summary>
public sealed class CompletionTests(SharedDaemon shared) : IClassFixture<SharedDaemon>
{
    private static readonly Cli Nowhere = new(new Terminal(TextWriter.Null, TextWriter.Null, null, Live: false), _ => null);
    private static readonly System.CommandLine.Command Root = CommandTree.Create(Nowhere);

    [Theory]
    [InlineData("star", "start")]
    [InlineData("re", "restart reset resume recover rewind")]
    [InlineData("snap", "snapshot")]
    [InlineData("snapshot ", "create list delete")]
    [InlineData("snap d", "delete")]
    [InlineData("complete-w", "")]
    [InlineData("up ", ":files")]
    [InlineData("up --dr", "--dry-run")]
    [InlineData("up --set ", "")]
    [InlineData("up --set a=1 --s", "--set")]
    [InlineData("up --dry-run --dr", "")]
    [InlineData("plan --argv ", "<Machine>")]
    [InlineData("plan --argv=", "--argv=<Machine>")]
    [InlineData("start ", "<MachineOrGroup>")]
    [InlineData("start -L ", "<Lab>")]
    [InlineData("start --lab ", "<Lab>")]
    [InlineData("start -- ", "<MachineOrGroup>")]
    [InlineData("start -- --", "")]
    [InlineData("wait a --for st", "stages stopped state=Stopped state=Starting state=Running state=Paused")]
    [InlineData("wait a --for=re", "--for=ready")]
    [InlineData("wait a --for ready --fo", "")]
    [InlineData("rewind ", "<Snapshot>")]
    [InlineData("rewind a b ", "--only --force --no-wait --json --help --progress")]
    [InlineData("network capture -w ", ":files")]
    [InlineData("network capture ", "<Network>")]
    [InlineData("net cut --network ", "<NetworkName>")]
    [InlineData("image rm ", "<CachedImage>")]
    [InlineData("image pull ", "<Image>")]
    [InlineData("recover ", "<Deleted>")]
    [InlineData("exec ", "<MachineOrGroup>")]
    [InlineData("exec a ls -", "")]
    [InlineData("ssh a ", "")]
    [InlineData("set a runStrategy=R", "runStrategy=RerunOnFailure")]
    [InlineData("set a mem", "memory=")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("version ", "--json --help --progress")]
    [InlineData("nosuch ", "")]
    public void What_may_follow_is_offered(string line, string words)
    {
        var completer = new Completer(Root, kind => [new Word(kind == WordKind.File ? Word.Files : $"<{kind}>")]);
        string[] offered = [.. completer.Complete(line.Split(' ')).Select(word => word.Text)];
        Assert.Equal(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !word.StartsWith("state=", StringComparison.Ordinal)).Order(), offered.Where(word => !word.StartsWith("state=", StringComparison.Ordinal)).Order());
        Assert.Subset(offered.ToHashSet(), words.Split(' ').Where(word => word.StartsWith("state=", StringComparison.Ordinal)).ToHashSet());
    }

    [Fact]
    public void Every_name_that_help_has_is_completed()
    {
        string[] none = [.. Verbs(Root).SelectMany(verb => verb.Arguments.Where(argument => argument.CompletionSources.Count == 0).Select(argument => $"{verb.Name} {argument.Name}")).Order()];
        // A name to be given, and what a guest's shell knows.
        Assert.Equal(["create name", "exec command", "forward port", "qmp command", "send-key keys", "ssh command"], none);
    }

    [Theory]
    [InlineData("--for = re", "--for=re", 6)]
    [InlineData("--for =", "--for=", 6)]
    [InlineData("a memory = 4", "a memory=4", 7)]
    [InlineData("a b", "a b", 0)]
    public void What_bash_cuts_is_put_together(string words, string whole, int dropped)
    {
        var line = CommandLineWords.Of("bash", words.Split(' '));
        Assert.Equal((whole, dropped), (string.Join(' ', line.Words), line.Dropped));
    }

    [Theory]
    [InlineData("bash", "a\nb:c\n")]
    [InlineData("zsh", "a:one: two\nb\\:c\n")]
    [InlineData("fish", "a\tone: two\nb:c\n")]
    public void Each_shell_has_its_own_form(string shell, string lines) =>
        Assert.Equal(lines, CommandLineWords.Of(shell, [""]).Lines([new Word("a", "one: two"), new Word("b:c")]));

    [Theory]
    [InlineData("qemulab sta", "stages start")]
    [InlineData("qemulab start ", "a b")]
    [InlineData("qemulab start a ", "b")]
    [InlineData("qemulab down ", "l")]
    [InlineData("qemulab network show l", "l l/lan")]
    [InlineData("qemulab wait a --for = stop", "stopped")]
    [InlineData("qemulab wait a --for state = Pau", "Paused")]
    [InlineData("qemulab image rm deb", "debian-12")]
    [InlineData("qemulab check sub", "sub dir")]
    [InlineData("qemulab up nosuch", "")]
    public async Task Bash_offers_it(string line, string words)
    {
        // What a daemon does that is no part of a test.
        using InstanceLock? held = InstanceLock.TryTake(shared.Daemon.Lab.Paths);
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(folder.Path, "sub dir"));
        string[] typed = line.Split(' ');
        string script = $$"""
            source <("$QEMULAB" completion bash)
            PATH="$(dirname "$QEMULAB"):$PATH"
            COMP_WORDS=({{string.Join(' ', typed.Select(word => $"'{word}'"))}})
            COMP_CWORD={{typed.Length - 1}}
            _qemulab
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        CommandResult result = await new CommandRunner().RunAsync(
            new Command("bash", ["--norc", "-c", script])
            {
                WorkingDirectory = folder.Path,
                TimeLimit = TimeSpan.FromSeconds(60),
                Environment = new Dictionary<string, string?> { ["QEMULAB"] = Qemulab.Program, ["QEMULAB_HOME"] = shared.Daemon.Lab.Paths.Home, ["QEMULAB_COMPLETION_LIMIT"] = "20000" },
            }, TestContext.Current.CancellationToken);
        string offered = string.Join(' ', result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((words, ""), (offered, result.Error));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Asking_starts_no_daemon_and_is_silent_whatever_is_asked(string shell)
    {
        using var qemulab = new Qemulab { IsProbed = false };
        foreach (string[] words in (string[][])[["start", ""], ["start", "--lab", ""], [], ["--", "-"], ["[suggest]", ""], ["=", "="], ["stop", "\ud83d\ude00"]])
        {
            CommandResult asked = await qemulab.RunAsync(["complete-words", shell, "--", .. words]);
            Assert.Equal((0, "", ""), (asked.ExitCode, asked.Output.StartsWith("--", StringComparison.Ordinal) ? "" : asked.Output, asked.Error));
        }

        Assert.False(Directory.Exists(qemulab.Paths.Home));
        CommandResult script = await qemulab.RunAsync("completion", shell);
        Assert.Contains("complete-words " + shell, script.Output, StringComparison.Ordinal);
        Assert.Equal((2, "error: there is no completion for 'basj' [QL0015]\nhint: did you mean bash?\n"), (await qemulab.RunAsync("completion", "basj")) is var wrong ? (wrong.ExitCode, wrong.Error) : default);
    }

    internal static IEnumerable<System.CommandLine.Command> Verbs(System.CommandLine.Command command) =>
        command.Subcommands.Where(verb => !verb.Hidden).SelectMany(verb => Verbs(verb).Prepend(verb));
}
