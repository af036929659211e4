using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary><c>qemulab hook</c>: the real binary and the real routes over a lab of fakes.</summary>
public sealed class HookCommandTests
{
    private const string Lab = """
        name: l
        image: micro
        hooks:
          - { on: ready, run: [tell, "it is \e[31mup\e[0m"], machines: a }
          - { on: lab-stopped, post: "http://127.0.0.1:1/secret", retries: 0 }
        groups: { a: {}, b: {} }
        """;

    private static async Task<FakeDaemon> StartAsync()
    {
        FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        await FakeLab.UntilAsync(() => daemon.Labs.Hooks.Runs("l").Count == 1);
        return daemon;
    }

    [Fact]
    public async Task Hooks_are_listed_with_their_last_run()
    {
        await using FakeDaemon daemon = await StartAsync();

        CommandResult list = await daemon.RunAsync("hook", "list");

        Assert.Equal((0, ""), (list.ExitCode, list.Error));
        string[] lines = list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^LAB +HOOK +ON +MACHINES +LAST +RESULT +ACTION$", lines[0]);
        Assert.Matches("^l +1 +ready +a +....-..-..T..:..:.. +done +tell 'it is up'$", lines[1]);
        Assert.Matches("^l +2 +lab-stopped +-- +-- +-- +POST http://127.0.0.1:1/…$", lines[2]);
        JsonElement json = JsonDocument.Parse((await daemon.RunAsync("hook", "list", "l", "--json")).Output).RootElement;
        Assert.Equal("Done", json[0].GetProperty("last").GetProperty("outcome").GetString());
        Assert.DoesNotContain("secret", json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_can_be_tried_and_its_runs_are_read()
    {
        await using FakeDaemon daemon = await StartAsync();
        daemon.Lab.Tools.Hook = (command, _) => Task.FromResult(new CommandResult(command.Input!.Contains("\"isTrial\":true", StringComparison.Ordinal) ? 4 : 0, "said \u001b[2Jthis\n", "", TimedOut: false));

        CommandResult tried = await daemon.RunAsync("hook", "try", "ready", "a");

        Assert.Equal((1, ""), (tried.ExitCode, tried.Error));
        Assert.Matches(@"^....-..-..T..:..:..  hook 1 for ready of a: failed\(4\) in 0.0s: tell 'it is up'\n  it ended with code 4: said this\n  \| said this\n$", tried.Output);
        Assert.Equal(2, JsonDocument.Parse((await daemon.RunAsync("hook", "log", "--json")).Output).RootElement.GetArrayLength());
        Assert.Single((await daemon.RunAsync("hook", "log", "-n", "1", "l")).Output.Split('\n'), line => line.Contains("failed(4)", StringComparison.Ordinal));
        CommandResult lab = await daemon.RunAsync("hook", "try", "lab-stopped", "--json");
        Assert.Equal(1, lab.ExitCode);
        Assert.Contains("could not be reached", lab.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hook try redy a", 2, "there is no event 'redy'", "did you mean ready?")]
    [InlineData("hook try ready", 2, "ready is of a machine: name one", null)]
    [InlineData("hook try lab-ready a", 2, "lab-ready is of the lab, and of no single machine", null)]
    [InlineData("hook try ready b", 4, "no hook of lab l is for ready of b", "qemulab hook list l")]
    [InlineData("hook try ready aa", 4, "there is no machine or group 'aa'", "did you mean a?")]
    [InlineData("hook list k", 4, "there is no lab 'k'", null)]
    [InlineData("hook log -n -1", 2, "--tail '-1' is not a count of runs", null)]
    public async Task What_cannot_be_is_told(string line, int code, string error, string? hint)
    {
        await using FakeDaemon daemon = await StartAsync();

        CommandResult result = await daemon.RunAsync(line.Split(' '));

        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"error: {error}", result.Error, StringComparison.Ordinal);
        Assert.Contains(hint is null ? "" : $"hint: {(hint.StartsWith("did", StringComparison.Ordinal) ? "" : "run: ")}{hint}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_and_a_lab_without_hooks_say_so()
    {
        await using FakeDaemon daemon = await StartAsync();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("lab.yaml"), Lab);
        string plan = (await daemon.RunAsync("plan", folder.File("lab.yaml"))).Output;
        Assert.Contains("Hooks:        ready of a: tell 'it is up'\n              lab-stopped: POST http://127.0.0.1:1/…\n", plan, StringComparison.Ordinal);

        await using FakeDaemon without = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: {} }");
        CommandResult none = await without.RunAsync("hook", "list");
        Assert.Equal((0, "", "no hooks; a lab file's key `hooks` has them\n"), (none.ExitCode, none.Output, none.Error));
        Assert.Equal("no hook of lab l has run yet\n", (await without.RunAsync("hook", "log")).Error);
    }
}
