using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>A lab of two micro machines is put to sleep and woken. Needs what the micro image is built with.</summary>
public sealed class SuspendTests
{
    private const string Lab = """
        name: sleep
        image: micro
        defaults: { memory: 128MiB }
        groups: { one: {}, two: {} }
        """;

    private const string Count = "(while :; do i=$((i+1)); echo $i > /tmp/next; mv /tmp/next /tmp/count; sleep 0.2; done) >/dev/null 2>&1 &";

    private int leastCount;
    private string boot = "";

    [Fact(Timeout = 300_000)]
    public async Task What_runs_goes_on_after_a_sleep_and_after_every_crash_on_the_way()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        await home.OutputAsync("exec", "one", "--", Count);
        boot = await BootAsync(home);

        await PausedAsync(home);
        await SleptAsync(home);
        foreach (string point in (string[])["suspend-begun", "suspend-saved", "suspend-written"])
        {
            await Daemons.DieAtAsync(home, point, "suspend", "--all");
            await AwakeAsync(home);
        }

        foreach (string point in (string[])["start-begun", "start-launched", "resume-loaded", "start-continued"])
        {
            await home.OutputAsync("suspend", "--all");
            await Daemons.DieAtAsync(home, point, "resume", "one");
            await AwakeAsync(home);
        }

        await BootedColdAsync(home);
        Assert.Equal(2, home.Processes("-name sleep/").Count);
    }

    private static async Task PausedAsync(TestHome home)
    {
        await home.OutputAsync("pause", "one");
        Assert.Contains("Paused", await home.OutputAsync("info", "one"), StringComparison.Ordinal);
        CommandResult reset = await home.RunAsync("reset", "one");
        Assert.Equal(6, reset.ExitCode);
        Assert.Contains("one is Paused, and cannot be reset [QL0079]\nhint: let it go on: qemulab unpause one", reset.Error, StringComparison.Ordinal);
        await home.OutputAsync("unpause", "one");
        await home.OutputAsync("unpause", "one");
        Assert.Contains("Running (ready)", await home.OutputAsync("info", "one"), StringComparison.Ordinal);
    }

    private async Task SleptAsync(TestHome home)
    {
        int before = await CountAsync(home);
        Assert.Equal("sleep/one: suspended\nsleep/two: suspended\n", await home.OutputAsync("suspend", "--all"));
        Assert.Empty(home.Processes("-name sleep/"));
        Assert.Equal(2, (await home.OutputAsync("list")).Split("Suspended").Length - 1);
        Assert.Contains("not running: Suspended", (await home.RunAsync("exec", "one", "--", "true")).Error, StringComparison.Ordinal);

        await home.OutputAsync("resume", "--all");
        leastCount = await CountAsync(home);
        Assert.InRange(leastCount, before, int.MaxValue);
        string seconds = await home.OutputAsync("exec", "one", "--", "date -u +%s");
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(seconds, CultureInfo.InvariantCulture), -2, 30);
        CommandResult awake = await home.RunAsync("resume", "nobody");
        Assert.Equal(4, awake.ExitCode);
    }

    /// <summary>Whatever the successor found, the counter has not begun anew.</summary>
    private async Task AwakeAsync(TestHome home)
    {
        await home.OutputAsync("start", "--all");
        int first = await CountAsync(home);
        Assert.True(first >= leastCount, $"{first} counted, and {leastCount} before");
        leastCount = first;
        Assert.Equal(boot, await BootAsync(home));
        Assert.DoesNotContain("qemulab-suspended", await SnapshotsOfDiskAsync(home), StringComparison.Ordinal);
    }

    private static async Task BootedColdAsync(TestHome home)
    {
        string before = await BootAsync(home);
        await home.OutputAsync("suspend", "one");
        await home.OutputAsync("start", "one", "--cold");
        Assert.NotEqual(before, await BootAsync(home));
        Assert.DoesNotContain("qemulab-suspended", await SnapshotsOfDiskAsync(home), StringComparison.Ordinal);
    }

    /// <summary>A number that the guest's kernel makes up when it boots.</summary>
    private static Task<string> BootAsync(TestHome home) => home.OutputAsync("exec", "one", "--", "cat /proc/sys/kernel/random/boot_id");

    private static async Task<int> CountAsync(TestHome home) =>
        int.Parse(await home.OutputAsync("exec", "one", "--", "cat /tmp/count"), CultureInfo.InvariantCulture);

    private static async Task<string> SnapshotsOfDiskAsync(TestHome home)
    {
        string disk = Path.Combine(home.Path, "labs", "sleep", "machines", "one", "root.qcow2");
        return (await new CommandRunner().RunAsync(new Command("qemu-img", "snapshot", "-U", "-l", disk))).Output;
    }
}
