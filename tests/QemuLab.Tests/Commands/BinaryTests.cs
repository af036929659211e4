using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>The real binary, as a shell sees it.</summary>
public class BinaryTests
{
    [Fact]
    public async Task Version_starts_no_daemon()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        CommandResult version = await qemulab.RunAsync("version");
        Assert.Equal(0, version.ExitCode);
        Assert.Contains("daemon not running", version.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(qemulab.Paths.Home));
        Assert.Equal(3, (await qemulab.RunAsync("daemon", "status")).ExitCode);
    }

    [Fact]
    public async Task List_starts_the_daemon_and_an_empty_home_is_an_empty_array()
    {
        using var qemulab = new Qemulab();
        CommandResult list = await qemulab.RunAsync("list", "--json");
        Assert.Equal((0, "[]", ""), (list.ExitCode, list.Output.Trim(), list.Error));
        Assert.NotNull(await qemulab.DaemonPidAsync());
        CommandResult table = await qemulab.RunAsync("list");
        Assert.Equal((0, ""), (table.ExitCode, table.Output));
    }

    [Fact]
    public async Task A_wrong_lab_file_is_reported_by_line_without_a_daemon()
    {
        using var qemulab = new Qemulab();
        await File.WriteAllTextAsync(Path.Combine(qemulab.Folder, "lab.yaml"), "name: k8s\nnetwrk: {}\n", TestContext.Current.CancellationToken);
        CommandResult check = await qemulab.RunAsync("check");
        Assert.Equal((2, ""), (check.ExitCode, check.Output));
        Assert.Contains("lab.yaml:2:1: ", check.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("error:", check.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(qemulab.Paths.DaemonSocket));
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        using var qemulab = new Qemulab();
        string[] verbs = ["launch-all", "network cut", "daemon"];
        foreach (CommandResult help in await Task.WhenAll(verbs.Select(verb => qemulab.RunAsync([.. verb.Split(' '), "--help"]))))
        {
            Assert.Equal(0, help.ExitCode);
            Assert.Contains($"Examples:\n  ", help.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Kept_events_are_json_lines()
    {
        using var qemulab = new Qemulab();
        CommandResult events = await qemulab.RunAsync("events", "--json");
        Assert.Equal(0, events.ExitCode);
        Assert.All(events.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public async Task A_closed_pipe_is_silent()
    {
        using var qemulab = new Qemulab();
        CommandResult result = await new CommandRunner().RunAsync(qemulab.Describe("bash", "-c", "\"$QEMULAB\" launch-all --help | head -c 1; echo \"/${PIPESTATUS[0]}\""), TestContext.Current.CancellationToken);
        Assert.Equal("D/0", result.Output.Trim());
        Assert.Equal("", result.Error);
    }
}
