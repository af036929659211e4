using System.Text.Json;
using QemuLab.Commands;
using QemuLab.Engine.Hosts;
using QemuLab.Output;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>What goes on while a command waits: a line for each change in a log, events in JSON for scripts; the same form for all.</summary>
public sealed class ProgressCommandTests
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {}, b: {} }\n";

    [Theory]
    [InlineData("snapshot create s", "Saving,Saved", "Taken")]
    [InlineData("rewind base --force", "Loading,Loaded", "Returned")]
    [InlineData("rewind base --force --only a", "Loading,Loaded", "Returned")]
    [InlineData("suspend --all", "Saving,Saved,Suspended", null)]
    [InlineData("stop --all", "Stopped", null)]
    public async Task Each_machine_s_steps_are_events(string line, string words, string? last)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        Assert.Equal(0, (await daemon.RunAsync("snapshot", "create", "base")).ExitCode);

        CommandResult result = await daemon.RunAsync([.. line.Split(' '), "--progress", "json"]);

        JsonElement[] events = Events(result);
        Assert.Equal(0, result.ExitCode);
        string[] steps = [.. events.Where(happened => happened.TryGetProperty("machine", out JsonElement machine) && machine.GetString() == "a").Select(happened => happened.GetProperty("word").GetString()!)];
        Assert.Equal(words, string.Join(',', words.Split(',').Where(steps.Contains)));
        Assert.Equal(last is not null, events.Any(happened => happened.GetProperty("word").GetString() == last));
        Assert.Equal(line.Contains("--only", StringComparison.Ordinal), events.All(happened => !happened.TryGetProperty("machine", out JsonElement machine) || machine.GetString() == "a"));
    }

    [Fact]
    public void Each_style_has_its_name_in_the_order_of_the_enumeration() =>
        Assert.Equal(Enum.GetNames<ProgressStyle>().Select(name => name.ToLowerInvariant()), Cli.Styles);

    [Fact]
    public async Task A_log_has_a_line_for_each_step()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        CommandResult result = await daemon.RunAsync("snapshot", "create", "s", "--progress", "plain");
        Assert.Equal("l/s: 2 machines, 2 with memory (-)\n", result.Output);
        Assert.Contains("a: saving", result.Error.Split('\n'));
        Assert.DoesNotContain('\e', result.Error);
    }

    [Fact]
    public async Task A_download_tells_how_many_bytes_of_how_many()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        daemon.Lab.Server.Files["/debian-12"] = new byte[3_000_000];
        Directory.Delete(Path.Combine(daemon.Lab.Paths.Images, "debian-12"), recursive: true);

        CommandResult result = await daemon.RunAsync("image", "pull", "debian-12", "--progress", "json");

        // The checksum is another image's.
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonElement[] events = Events(result with { Error = string.Join('\n', lines.Where(line => line[0] == '{')) });
        Assert.All(events, happened => Assert.Equal("Image", happened.GetProperty("kind").GetString()));
        Assert.Contains(events, happened => happened.TryGetProperty("done", out JsonElement done) && done.GetInt64() == 3_000_000 && happened.GetProperty("total").GetInt64() == 3_000_000);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task A_copy_tells_what_has_been_handed_on()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using var folder = new TemporaryDirectory();
        await WriteScpAsync(folder, "printf '%*s' 600000 '' >/dev/null; sleep 1.5; printf '%*s' 400000 '' >/dev/null");
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, "file"), new byte[1_000_000]);

        CommandResult json = await RunAsync(daemon, folder, "cp", "file", "a:", "--progress", "json");
        CommandResult plain = await RunAsync(daemon, folder, "cp", "file", "a:", "--progress", "plain");
        await WriteScpAsync(folder, "echo 'scp: file: Permission denied' >&2; exit 1");
        CommandResult failed = await RunAsync(daemon, folder, "cp", "file", "a:", "--progress", "json");
        CommandResult quick = await RunAsync(daemon, folder, "cp", "file", "a:");

        JsonElement[] events = Events(json);
        Assert.Equal(("Copying", 0L, 1_000_000L), Step(events[0]));
        Assert.Equal(("Copied", 1_000_000L, 1_000_000L), Step(events[^1]));
        Assert.Equal(0, json.ExitCode);
        Assert.All(events, happened => Assert.Equal(("Copy", "l", "a"), (happened.GetProperty("kind").GetString(), happened.GetProperty("lab").GetString(), happened.GetProperty("machine").GetString())));
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains(events, happened => happened.GetProperty("word").GetString() == "Copying" && happened.TryGetProperty("done", out JsonElement done) && done.GetInt64() >= 600_000);
            Assert.StartsWith("a: copying (", plain.Error, StringComparison.Ordinal);
        }

        Assert.Contains("a: copied after ", plain.Error, StringComparison.Ordinal);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("\"word\":\"Failed\"", failed.Error, StringComparison.Ordinal);
        Assert.StartsWith("error: a: file: Permission denied", quick.Error, StringComparison.Ordinal);
    }

    private static (string? Word, long Done, long Total) Step(JsonElement happened) => (happened.GetProperty("word").GetString(), happened.GetProperty("done").GetInt64(), happened.GetProperty("total").GetInt64());

    /// <summary>All of standard error; each line an event of the schema.</summary>
    private static JsonElement[] Events(CommandResult result) =>
    [
        .. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
            return document.RootElement.Clone();
        }),
    ];

    private static async Task WriteScpAsync(TemporaryDirectory folder, string script)
    {
        string scp = Path.Combine(folder.Path, "scp");
        await File.WriteAllTextAsync(scp, "#!/bin/bash\n" + script + "\n");
        File.SetUnixFileMode(scp, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>With that scp.</summary>
    private static Task<CommandResult> RunAsync(FakeDaemon daemon, TemporaryDirectory folder, params string[] arguments) => new CommandRunner().RunAsync(new Command(Qemulab.Program, arguments)
    {
        WorkingDirectory = folder.Path,
        TimeLimit = TimeSpan.FromSeconds(60),
        Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = daemon.Lab.Paths.Home, ["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}" },
    });
}
