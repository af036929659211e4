using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>A machine is stopped, deleted, recovered and removed for good, and the daemon dies at every point of it.</summary>
public sealed class TrashTests
{
    private const string Lab = """
        name: bin
        image: micro
        defaults: { memory: 128MiB }
        groups: { one: {}, two: { runStrategy: Halted } }
        """;

    [Fact(Timeout = 600_000)]
    public async Task Nothing_is_lost_whatever_the_daemon_dies_at()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        await home.OutputAsync("exec", "one", "--", "echo kept > ~/note; sync");
        await StoppedAsync(home);

        CommandResult gone = await home.RunAsync("recover", "one");
        Assert.Equal((4, true), (gone.ExitCode, gone.Error.Contains("no machine 'one' was deleted [QL0061]\nhint: the trash is empty", StringComparison.Ordinal)));
        foreach ((string point, bool isDeleted) in ((string, bool)[])[("delete-begun", false), ("delete-noted", false), ("delete-moved", true), ("delete-forgotten", true)])
        {
            await Daemons.DieAtAsync(home, point, "delete", "one");
            Assert.Equal(isDeleted ? "two\n" : "one\ntwo\n", await home.OutputAsync("list", "-q"));
            if (isDeleted)
            {
                Assert.Contains("bin/one: recovered", await home.OutputAsync("recover", "one"), StringComparison.Ordinal);
            }
        }

        foreach ((string point, bool isBack) in ((string, bool)[])[("recover-moved", false), ("recover-recorded", true)])
        {
            await home.OutputAsync("delete", "one");
            await Daemons.DieAtAsync(home, point, "recover", "one");
            Assert.Equal(isBack ? "one\ntwo\n" : "two\n", await home.OutputAsync("list", "-q"));
            if (!isBack)
            {
                await home.OutputAsync("recover", "one");
            }
        }

        await home.OutputAsync("start", "one");
        Assert.Equal("kept\n", await home.OutputAsync("exec", "one", "--", "cat note"));
        await PurgedAsync(home);
    }

    private static async Task StoppedAsync(TestHome home)
    {
        CommandResult runs = await home.RunAsync("delete", "one");
        Assert.Equal((6, true), (runs.ExitCode, runs.Error.Contains("one is Running, and is not deleted while it runs", StringComparison.Ordinal)));

        await Daemons.DieAtAsync(home, "stop-asked", "stop", "one");
        Assert.Contains("Running (ready)", await home.OutputAsync("list"), StringComparison.Ordinal);
        await Daemons.DieAtAsync(home, "stop-ended", "restart", "--force", "one");
        await home.OutputAsync("wait", "one", "--timeout", "60s");
        await Daemons.DieAtAsync(home, "stop-ended", "stop", "one");
        Assert.DoesNotContain("Running", await home.OutputAsync("list"), StringComparison.Ordinal);
        Assert.Empty(home.Processes("-name bin/"));
    }

    private static async Task PurgedAsync(TestHome home)
    {
        await home.OutputAsync("delete", "--force", "one");
        Assert.Empty(home.Processes("-name bin/"));
        Assert.Contains("one    bin", await home.OutputAsync("list", "--deleted"), StringComparison.Ordinal);
        CommandResult unsure = await home.RunAsync("purge", "one");
        Assert.Equal((2, true), (unsure.ExitCode, unsure.Error.Contains("say that you mean it: --yes", StringComparison.Ordinal)));
        Assert.Contains("nothing to purge", (await home.RunAsync("purge", "--all", "--older-than", "1h", "-y")).Error, StringComparison.Ordinal);

        await Daemons.DieAtAsync(home, "purge-begun", "purge", "one", "-y");
        Assert.Contains("the trash is empty", (await home.RunAsync("list", "--deleted")).Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(home.Path, "labs", ".trash")));

        // The last machine takes its lab along.
        await home.OutputAsync("delete", "two");
        Assert.Equal(".reserve .trash", string.Join(' ', Directory.GetFileSystemEntries(Path.Combine(home.Path, "labs")).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
    }
}
