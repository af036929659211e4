using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hooks;

/// <summary>Real commands as hooks.</summary>
public sealed class HookRunnerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HookPost post = new(TimeProvider.System);

    private static HookNote Note { get; } = new()
    {
        Id = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        Event = "ready",
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Lab = "l",
        Machine = new HookMachine("a", "g", MachineState.Running, BootPhase.Ready, null, "10.0.0.10", 2222, "lab", 4.5),
    };

    public void Dispose()
    {
        post.Dispose();
        folder.Dispose();
    }

    private Task<HookRun> RunAsync(TimeSpan timeout, string[] command, CancellationToken cancellation) =>
        new HookRunner(new CommandRunner(), post, TimeProvider.System, "/home/of/qemulab")
            .RunAsync(new HookSpec([HookEvent.Ready], new HookAction.Run(command[0], command[1..], folder.Path), [], timeout), 3, Note, cancellation);

    private Task<HookRun> ShellAsync(string script) => RunAsync(TimeSpan.FromSeconds(30), ["sh", "-c", script], TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_command_finds_the_note_the_variables_and_the_lab_files_folder()
    {
        HookRun run = await ShellAsync("cat; echo \"$QEMULAB_EVENT $QEMULAB_LAB $QEMULAB_MACHINE $QEMULAB_HOME\" >&2; pwd >&2");

        Assert.Equal((HookOutcome.Done, 0, 1, null, 3, "ready", "a"), (run.Outcome, run.Code, run.Attempts, run.Message, run.Hook, run.Event, run.Machine));
        string[] lines = run.Output!.Split('\n');
        Assert.Equal(["ready l a /home/of/qemulab", folder.Path], lines[1..]);
        JsonElement note = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal((1, "ready", "l"), (note.GetProperty("schema").GetInt32(), note.GetProperty("event").GetString(), note.GetProperty("lab").GetString()));
        Assert.Equal(("Running", 2222, 4.5), (note.GetProperty("machine").GetProperty("state").GetString(), note.GetProperty("machine").GetProperty("sshPort").GetInt32(), note.GetProperty("machine").GetProperty("readyAfterSeconds").GetDouble()));
        Assert.False(note.TryGetProperty("machines", out _));
    }

    /// <summary>The daemon has them; a hook may be a program for .NET too, and is to run as it would by hand.</summary>
    [Fact]
    public async Task A_command_has_none_of_the_daemons_own_settings_of_the_runtime()
    {
        Dictionary<string, string?> before = OwnRuntime.Variables.Keys.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        try
        {
            OwnRuntime.Variables.ToList().ForEach(variable => Environment.SetEnvironmentVariable(variable.Key, variable.Value));

            HookRun run = await ShellAsync("env");

            string[] names = [.. run.Output!.Split('\n').Select(line => line.Split('=')[0])];
            Assert.Contains("QEMULAB_HOME", names);
            Assert.Contains("PATH", names);
            Assert.Empty(names.Intersect(OwnRuntime.Variables.Keys));
        }
        finally
        {
            before.ToList().ForEach(variable => Environment.SetEnvironmentVariable(variable.Key, variable.Value));
        }
    }

    [Fact]
    public async Task One_that_ends_badly_is_told_with_its_last_line()
    {
        HookRun run = await ShellAsync("echo first; echo it is broken >&2; exit 7");

        Assert.Equal((HookOutcome.Failed, 7, "it ended with code 7: it is broken"), (run.Outcome, run.Code, run.Message));
    }

    [Fact]
    public async Task One_that_hangs_is_ended_with_all_that_it_has_started()
    {
        HookRun run = await RunAsync(TimeSpan.FromSeconds(1), ["sh", "-c", "sleep 300 & echo $!; wait"], TestContext.Current.CancellationToken);

        Assert.Equal((HookOutcome.TimedOut, null, "it was still running after 1s and was ended"), (run.Outcome, run.Code, run.Message));
        int child = int.Parse(run.Output!, CultureInfo.InvariantCulture);
        await FakeLab.UntilAsync(() => !IsAlive(child));
    }

    [Fact]
    public async Task One_that_is_under_way_when_the_daemon_ends_is_ended_and_told()
    {
        using var ended = new CancellationTokenSource();
        Task<HookRun> run = RunAsync(TimeSpan.FromSeconds(30), ["sh", "-c", $"touch {folder.Path}/begun; sleep 300"], ended.Token);
        await FakeLab.UntilAsync(() => File.Exists(Path.Combine(folder.Path, "begun")));

        await ended.CancelAsync();

        Assert.Equal(HookOutcome.Interrupted, (await run).Outcome);
    }

    [Fact]
    public async Task What_it_says_is_kept_to_its_end_and_no_more()
    {
        HookRun run = await ShellAsync("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end");

        Assert.InRange(run.Output!.Length, HookRunner.OutputLimit - 1, HookRunner.OutputLimit);
        Assert.EndsWith("\nthe end", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_or_a_folder_that_is_not_there_is_told()
    {
        HookRun missing = await RunAsync(TimeSpan.FromSeconds(30), ["/no/such/program"], TestContext.Current.CancellationToken);
        Assert.Equal((HookOutcome.Failed, "/no/such/program is not installed or cannot be run"), (missing.Outcome, missing.Message));
        Directory.Delete(folder.Path);

        HookRun nowhere = await ShellAsync("true");

        Assert.Equal((HookOutcome.Failed, $"its folder {folder.Path} is not there"), (nowhere.Outcome, nowhere.Message));
        Directory.CreateDirectory(folder.Path);
    }

    /// <summary>One that is dead and not yet waited for by anybody counts as dead.</summary>
    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
