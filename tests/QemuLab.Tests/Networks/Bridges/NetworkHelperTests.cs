using System.Text;
using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

/// <summary>The helper's two sides: what it runs and what it refuses, and what is made of a helper that does not come.</summary>
public sealed class NetworkHelperTests
{
    private sealed class Runner : ICommandRunner
    {
        public List<Command> Ran { get; } = [];

        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
        {
            Ran.Add(command);
            return Path.GetFileName(command.Program) == "tc" ? throw new CommandNotFoundException("tc") : Task.FromResult(new CommandResult(3, "out\n", "err\n", TimedOut: false));
        }
    }

    private readonly Runner runner = new();

    private async Task<JsonElement[]> AskAsync(params string[] lines)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
        using var output = new MemoryStream();
        await new NetworkHelperServer(runner).RunAsync(input, output, TestContext.Current.CancellationToken);
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [Fact]
    public async Task It_runs_the_programs_of_networks_by_their_names()
    {
        JsonElement answer = Assert.Single(await AskAsync("""{"program":"ip","arguments":["-batch","-"],"input":"link show\n","timeLimit":1500}"""));

        Assert.Equal((3, "out\n", "err\n"), (answer.GetProperty("exitCode").GetInt32(), answer.GetProperty("output").GetString(), answer.GetProperty("error").GetString()));
        Command ran = Assert.Single(runner.Ran);
        Assert.Equal("ip", Path.GetFileName(ran.Program));
        Assert.Equal(["-batch", "-"], ran.Arguments);
        Assert.Equal("link show\n", ran.Input);
        Assert.Equal(TimeSpan.FromSeconds(1.5), ran.TimeLimit);
    }

    [Theory]
    [InlineData("""{"program":"sh","arguments":["-c","id"]}""")]
    [InlineData("""{"program":"/tmp/ip","arguments":[]}""")]
    [InlineData("""{"program":"../ip","arguments":[]}""")]
    [InlineData("""{"arguments":[]}""")]
    [InlineData("no JSON")]
    [InlineData("null")]
    public async Task It_runs_nothing_else_and_goes_on(string line)
    {
        JsonElement[] answers = await AskAsync(line, """{"program":"nft","arguments":[]}""");

        Assert.Equal("helper-refused", answers[0].GetProperty("refusal").GetString());
        Assert.Equal(3, answers[1].GetProperty("exitCode").GetInt32());
        Assert.Single(runner.Ran);
    }

    [Fact]
    public async Task A_program_that_is_missing_is_told_with_its_package() =>
        Assert.Contains("apt-get install", Assert.Single(await AskAsync("""{"program":"tc","arguments":[]}""")).GetProperty("hint").GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_capture_of_no_interface_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "packet sockets need root");

        Assert.Equal("no-interface", Assert.Single(await AskAsync("""{"arguments":[],"capture":"ql-nothing"}""")).GetProperty("refusal").GetString());
    }

    [Theory]
    [InlineData("echo 'sudo: a password is required' >&2; exit 1", "the network helper does not run: sudo: a password is required")]
    [InlineData("exit 1", "the network helper does not run: it gave no reason")]
    [InlineData("""echo '{"refusal":"program-missing","error":"a bridge needs nft, which this host lacks"}'""", "a bridge needs nft, which this host lacks")]
    public async Task A_helper_that_does_not_come_is_told_in_its_own_words(string script, string message)
    {
        using var helper = new SudoCommandRunner(new Command("/bin/sh", "-c", script));

        var error = await Assert.ThrowsAsync<QemuLabException>(() => helper.ProveAsync(TestContext.Current.CancellationToken));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task A_helper_that_has_ended_is_started_again()
    {
        using var helper = new SudoCommandRunner(new Command("/bin/sh", "-c", """echo '{}'; read line; echo '{"output":"one"}'"""));
        var command = new Command("/usr/sbin/ip", "link");

        Assert.Equal("one", (await helper.RunAsync(command, TestContext.Current.CancellationToken)).Output);
        await Assert.ThrowsAsync<QemuLabException>(() => helper.RunAsync(command, TestContext.Current.CancellationToken));
        Assert.Equal("one", (await helper.RunAsync(command, TestContext.Current.CancellationToken)).Output);
    }

    [Fact]
    public void The_rule_names_every_word_that_sudo_may_run()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "needs util-linux");

        string text = SudoersRule.TextFor(new TapOwner(1000, "ann.b"), 1001, new Command("/home/ann b/qemulab"));

        Assert.Equal(
            """
            # Lets ann.b have bridges of QemuLab's: the network helper runs as ann.b, and holds only net_admin, net_raw, net_bind_service:
            # whoever is ann.b can change the network of this host by it, and nothing else.
            ann.b ALL=(root) NOPASSWD: /usr/bin/setpriv --reuid\=1000 --regid\=1001 --init-groups --no-new-privs --bounding-set\=-all\,+net_admin\,+net_raw\,+net_bind_service --inh-caps\=-all\,+net_admin\,+net_raw\,+net_bind_service --ambient-caps\=-all\,+net_admin\,+net_raw\,+net_bind_service -- /home/ann\ b/qemulab network-helper

            """,
            text);
        Assert.Equal("/etc/sudoers.d/qemulab-ann_b", SudoersRule.PathFor("ann.b"));
    }
}
