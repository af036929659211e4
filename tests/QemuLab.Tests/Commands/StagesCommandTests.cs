using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

public sealed class StagesCommandTests
{
    private const string LabFile = """
        name: l
        image: micro
        groups:
          box: { runStrategy: Halted, ready: stages, stages: [{ name: kernel, expect: "Linux version" }, { name: login, expect: "login: $", send: "hunter2\n" }] }
          web: {}
        """;

    [Fact]
    public async Task Stages_are_shown_and_end_with_the_code_that_the_lab_file_gives()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(LabFile);
        CommandResult before = await daemon.RunAsync("stages", "box");
        Assert.Equal((0, "MACHINE   STAGE    STATE     SECONDS   MATCHED\nbox       kernel   waiting        --   --\nbox       login    waiting        --   --\n"), (before.ExitCode, before.Output));
        foreach ((string[] verb, int code, string error) in ((string[], int, string)[])
        [
            (["stages", "box", "-f"], 6, "error: box is Stopped, and comes to no stage by itself ["),
            (["stages", "web"], 6, "error: web has no stages ["),
            (["wait", "web", "--for", "stages"], 6, "error: web has no stages ["),
            (["wait", "box", "--for", "stages"], 6, "error: box does not come to its stages by itself: it is Stopped ["),
            (["wait", "box", "--for", "ssh"], 6, "error: box is ready by its stages alone (ready: stages), and no login is tried ["),
            (["stages", "nosuch"], 4, "error: there is no machine or group 'nosuch' ["),
            (["stages"], 2, "error: name at least one machine or group"),
        ])
        {
            CommandResult refused = await daemon.RunAsync(verb);
            Assert.Equal((code, ""), (refused.ExitCode, refused.Output));
            Assert.StartsWith(error, refused.Error, StringComparison.Ordinal);
        }

        // As a start before has left it.
        await File.WriteAllTextAsync(daemon.Lab.Paths.Machine("l", "box").Stages, """
            {"processId":1,"processStartedAt":"2030-01-01T00:00:00+00:00","digest":"x","startedAt":"2030-01-01T00:00:00+00:00","endedAt":"2030-01-01T00:00:42+00:00","place":0,"current":1,"since":"2030-01-01T00:00:12+00:00",
             "passages":[{"name":"kernel","phase":"Reached","seconds":12,"matched":"Linux version","rounds":1},{"name":"login","phase":"Failed","seconds":30,"rounds":2}],
             "result":{"code":102,"message":"stage login (2 of 2): storage","stage":"login"}}
            """, TestContext.Current.CancellationToken);
        CommandResult after = await daemon.RunAsync("stages", "box", "-f");
        Assert.Equal((102, "box: kernel reached after 12.0 s: Linux version\nbox: login failed after 30.0 s\nbox: stage login (2 of 2): storage (exit code 102)\n"), (after.ExitCode, after.Output));
        CommandResult all = await daemon.RunAsync("stages", "--all", "--json");
        using JsonDocument json = JsonDocument.Parse(all.Output);
        Assert.Equal((0, 102, 2), (all.ExitCode, json.RootElement[0].GetProperty("result").GetProperty("code").GetInt32(), json.RootElement[0].GetProperty("stages").GetArrayLength()));
        Assert.Equal(102, (await daemon.RunAsync("stages", "--all", "-f", "--json")).ExitCode);
        Assert.Contains("stages:\n  kernel", (await daemon.RunAsync("why", "box")).Output, StringComparison.Ordinal);

        // What is sent is shown nowhere.
        foreach (string[] verb in (string[][])[["info", "box", "--json"], ["events"], ["why", "box", "--json"], ["stages", "box", "--json"]])
        {
            Assert.DoesNotContain("hunter2", (await daemon.RunAsync(verb)).Output, StringComparison.Ordinal);
        }
    }
}
