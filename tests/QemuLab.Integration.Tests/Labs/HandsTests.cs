using System.Text.Json;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>What people do with a lab all day, with the programs that they do it with. Two micro machines. Needs tmux, curl, rsync, git, jq and ansible-core.</summary>
public sealed partial class HandsTests
{
    private const string Two = """
        name: hands
        image: micro
        defaults: { memory: 128MiB }
        groups:
          worker: { count: 2 }
        """;

    [Fact(Timeout = 300_000)]
    public async Task Commands_files_ports_and_logins_reach_one_machine_and_a_whole_group()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Two));

        await CommandsAsync(home);
        await ConnectionsAsync(home);
        await FilesAsync(home);
        await PortsAsync(home);
        await PlainSshAsync(home);
        await PanesAsync(home);
        await UsageAsync(home);
        await JsonAsync(home);

        await home.OutputAsync("stop", "worker1");
        CommandResult half = await home.RunAsync("exec", "worker", "--", "hostname");
        Assert.Equal((125, "worker0 | worker0\n"), (half.ExitCode, half.Output));
        Assert.Contains("error: worker1 is not running: Stopped", half.Error, StringComparison.Ordinal);
    }

    private static async Task CommandsAsync(TestHome home)
    {
        CommandResult both = await home.RunAsync("exec", "worker", "--", "hostname; [ $(hostname) = worker0 ] || exit 7");
        Assert.Equal((7, "worker0 | worker0\nworker1 | worker1\n"), (both.ExitCode, Sorted(both.Output)));
        Assert.Equal("MACHINE   EXIT CODE\nworker0           0\nworker1           7\n", both.Error);

        Assert.Equal("a\nb\n", (await RunAsync(home.Describe("exec", "worker0", "--", "cat") with { Input = "a\nb\n" })).Output);
        Assert.Equal("worker0 | a\nworker0 | b\nworker1 | a\nworker1 | b\n", Sorted((await RunAsync(home.Describe("exec", "--all", "--", "cat") with { Input = "a\nb\n" })).Output));

        using JsonDocument json = JsonDocument.Parse(await home.OutputAsync("exec", "worker", "--json", "--", "cat", "/etc/hostname"));
        Assert.Equal(["worker0\n", "worker1\n"], json.RootElement.EnumerateArray().Select(one => one.GetProperty("output").GetString()));

        CommandResult cut = await ShellAsync(home, $"'{TestHome.Binary}' exec worker -- yes | head -n 2 | wc -l");
        Assert.Equal(("2\n", ""), (cut.Output.TrimStart(), cut.Error));
    }

    /// <summary>Where the shared connection is gone there is a new one, and a command that is left here is not waited for.</summary>
    private static async Task ConnectionsAsync(TestHome home)
    {
        string config = Path.Combine(home.Path, "labs", "hands", "ssh_config");
        string master = Path.Combine(home.Path, "run", "hands", "worker0.ssh");
        Assert.True((await RunAsync(new Command("ssh", "-F", config, "-O", "exit", "worker0"))).Succeeded);
        Assert.True(SpinWait.SpinUntil(() => !File.Exists(master), TimeSpan.FromSeconds(10)));

        CommandResult anew = await home.RunAsync("exec", "worker0", "--", "echo anew; exit 3");
        Assert.Equal(new CommandResult(3, "anew\n", "", TimedOut: false), anew);
        Assert.True(File.Exists(master));

        string line = $"'{TestHome.Binary}' exec worker0 -- 'echo begun; sleep 60' >out 2>err & until grep -q begun out; do sleep 0.1; done; kill -TERM $!; wait $!; echo $?; cat err";
        CommandResult left = await RunAsync(new Command("bash", "-c", line) { Environment = home.Describe().Environment, WorkingDirectory = home.Path });
        Assert.Equal("130\nnote: interrupted here; what was begun may go on in worker0\n", left.Output);
    }

    private static async Task FilesAsync(TestHome home)
    {
        home.Write("tree/sub/file", "content\n");
        await home.OutputAsync("cp", "-r", "tree", "worker:");
        Assert.Equal("worker0 | content\nworker1 | content\n", Sorted(await home.OutputAsync("exec", "worker", "--", "cat tree/sub/file")));

        await home.OutputAsync("cp", "worker:/etc/hostname", "names");
        Assert.Equal(("worker0\n", "worker1\n"), (File.ReadAllText(Path.Combine(home.Path, "names/worker0/hostname")), File.ReadAllText(Path.Combine(home.Path, "names/worker1/hostname"))));

        await home.OutputAsync("cp", "worker0:/etc/hostname", "worker1:from-worker0");
        Assert.Equal("worker0\n", await home.OutputAsync("cp", "worker1:from-worker0", "-"));
        Assert.True((await RunAsync(home.Describe("cp", "-", "worker:it's in") with { Input = "stream" })).Succeeded);
        Assert.Equal("stream", await home.OutputAsync("cp", "worker1:it's in", "-"));

        CommandResult nowhere = await home.RunAsync("cp", "tree/sub/file", "worker0:/no/such/");
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains("No such file or directory", nowhere.Error, StringComparison.Ordinal);
        Assert.Contains("hint: the folder must be there: qemulab exec worker0 -- mkdir -p /no/such", nowhere.Error, StringComparison.Ordinal);
        CommandResult nothing = await home.RunAsync("cp", "worker0:nothing", ".");
        Assert.Equal((1, "error: worker0: nothing: No such file or directory\n"), (nothing.ExitCode, Regex.Replace(nothing.Error[nothing.Error.IndexOf("error: ", StringComparison.Ordinal)..], " \\[QL\\d+\\]", "")));
    }

    private static async Task PortsAsync(TestHome home)
    {
        await home.OutputAsync("exec", "worker0", "--", "mkdir www; echo served >www/index.html; busybox httpd -p 8080 -h www");
        var line = new TaskCompletionSource<string>();
        using var stop = new CancellationTokenSource();
        Task<CommandResult> forward = new CommandRunner().RunAsync(
            home.Describe("forward", "worker0", "0:8080") with { OnOutputLine = text => line.TrySetResult(text), StopGrace = TimeSpan.FromSeconds(10) }, stop.Token);
        await Task.WhenAny(line.Task, forward);

        string address = Address().Match(await line.Task).Value;
        Assert.Equal("served\n", (await RunAsync(new Command("curl", "-s", $"http://{address}/"))).Output);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forward);
        Assert.NotEqual(0, (await RunAsync(new Command("curl", "-s", $"http://{address}/"))).ExitCode);
    }

    private static async Task PlainSshAsync(TestHome home)
    {
        Command with(params string[] arguments) => home.Describe(arguments) is { } command ? command with { Environment = new Dictionary<string, string?>(command.Environment) { ["HOME"] = home.Path } } : throw new InvalidOperationException();
        Assert.True((await RunAsync(with("ssh-config", "--install"))).Succeeded);
        string config = Path.Combine(home.Path, ".ssh", "config");

        await ProgramsAsync(home, config);

        Assert.True((await RunAsync(with("ssh-config", "--remove"))).Succeeded);
        Assert.Equal("", File.ReadAllText(config));
    }

    private static async Task PanesAsync(TestHome home)
    {
        // A server of the test's own, which ends with it.
        string tmux = Path.Combine(home.Path, "tmux");
        Directory.CreateDirectory(tmux);
        Command inside(Command command) => command with { Environment = new Dictionary<string, string?>(command.Environment) { ["TMUX_TMPDIR"] = tmux, ["TMUX"] = null } };
        try
        {
            CommandResult made = await RunAsync(inside(home.Describe("ssh-all", "--sync", "--detach")));
            Assert.Equal("tmux attach -t qemulab-hands\n", made.Output);
            string panes = (await RunAsync(inside(new Command("tmux", "list-panes", "-a", "-F", "#{window_name} #{pane_title} #{pane_current_command} #{pane_synchronized}")))).Output;
            Assert.Equal("worker worker0 ssh 1\nworker worker1 ssh 1\n", panes);
        }
        finally
        {
            await RunAsync(inside(new Command("tmux", "kill-server")));
        }

        CommandResult plain = await RunAsync(home.Describe("ssh-all", "--no-tmux") with { Input = "hostname\n" });
        Assert.Equal("worker0 | worker0\nworker1 | worker1\n", Sorted(plain.Output));
    }

    private static async Task UsageAsync(TestHome home)
    {
        using JsonDocument usage = JsonDocument.Parse(await home.OutputAsync("top", "--json", "--interval", "500ms"));
        Assert.Equal(["worker0", "worker1"], usage.RootElement.EnumerateArray().Select(one => one.GetProperty("machine").GetString()));
        Assert.All(usage.RootElement.EnumerateArray(), one =>
        {
            Assert.InRange(one.GetProperty("memory").GetInt64(), 32L << 20, 2L << 30);
            Assert.InRange(one.GetProperty("cpu").GetDouble(), 0, 4);
            Assert.True(one.GetProperty("diskWritten").GetDouble() >= 0 && one.GetProperty("networkSent").GetDouble() >= 0);
        });
    }

    private static string Sorted(string output) => string.Concat(output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(line => line + "\n"));

    private static Task<CommandResult> RunAsync(Command command) => new CommandRunner().RunAsync(command with { TimeLimit = TimeSpan.FromMinutes(1) });

    private static Task<CommandResult> ShellAsync(TestHome home, string line) =>
        RunAsync(new Command("bash", "-c", line) { Environment = home.Describe().Environment });

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
