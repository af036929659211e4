using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>A machine is given other values while it runs: what can be done at once is done, the rest waits for a restart and says so.</summary>
public sealed class ChangedLabTests
{
    private const string Lab = """
        name: change
        image: micro
        defaults: { memory: 128MiB, disks: [{ name: data, size: 64MiB }] }
        groups: { one: {} }
        """;

    [Fact(Timeout = 600_000)]
    public async Task What_can_be_done_live_is_done_and_the_rest_waits()
    {
        await using var home = new TestHome();
        string file = home.Write("lab.yaml", Lab);
        await home.OutputAsync("launch-all", file);
        Assert.Contains("no difference", (await home.RunAsync("diff", file)).Error, StringComparison.Ordinal);

        CommandResult wrong = await home.RunAsync("set", "one", "memry=256MiB");
        Assert.Equal((2, true), (wrong.ExitCode, wrong.Error.Contains("memory", StringComparison.Ordinal)));

        string boot = await BootAsync(home);
        string bigger = home.Write("bigger.yaml", Lab.Replace("64MiB", "96MiB", StringComparison.Ordinal));
        CommandResult differs = await home.RunAsync("diff", bigger, "--exit-code");
        Assert.Equal((1, "one: done while it runs\n  disks.data: 64MiB -> 96MiB   (while it runs)\n"), (differs.ExitCode, differs.Output));
        await home.OutputAsync("launch-all", bigger);
        Assert.Equal(96, await DiskAsync(home, "vdb"));

        CommandResult set = await home.RunAsync("set", "one", "memory=160MiB", "cpus=2");
        Assert.Equal("one: restart required\n  cpus: 1 -> 2\n  memory: 128MiB -> 160MiB\n", set.Output);
        Assert.Contains("note: to apply the rest: qemulab restart one", set.Error, StringComparison.Ordinal);
        Assert.Equal(boot, await BootAsync(home));
        Assert.Contains("note: what was asked for since needs a restart: qemulab restart one", (await home.RunAsync("list")).Error, StringComparison.Ordinal);

        // The next daemon knows it too.
        await Daemons.EndAsync(home);
        await home.OutputAsync("restart", "one");
        Assert.Equal("2\n", await home.OutputAsync("exec", "one", "--", "nproc"));

        await home.OutputAsync("stop", "one");
        await home.OutputAsync("set", "one", "disk=3GiB", "memory=128MiB");
        await home.OutputAsync("start", "one");
        Assert.Equal(3 * 1024, await DiskAsync(home, "vda"));

        // The file counts again with the next launch by it; a disk never shrinks.
        CommandResult back = await home.RunAsync("launch-all", bigger);
        Assert.Contains("one needs a restart: cpus: 2 -> 1\n", back.Error, StringComparison.Ordinal);
        await home.OutputAsync("restart", "one");
        await home.OutputAsync("launch-all", home.Write("between.yaml", Lab.Replace("128MiB", "128MiB, disk: 2560MiB", StringComparison.Ordinal).Replace("64MiB", "80MiB", StringComparison.Ordinal)));
        Assert.Equal((3 * 1024, 96), (await DiskAsync(home, "vda"), await DiskAsync(home, "vdb")));
        Assert.Equal(
            "one: as it is\n  disk: 3GiB -> 2.5GiB   (stays: a disk never shrinks)\n  disks.data: 96MiB -> 80MiB   (stays: a disk never shrinks)\n",
            await home.OutputAsync("diff", Path.Combine(home.Path, "between.yaml")));
    }

    [Fact(Timeout = 300_000)]
    public async Task Memory_is_given_and_taken_while_the_machine_runs()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab.Replace("one: {}", "one: { maxMemory: 384MiB }", StringComparison.Ordinal)));
        await home.OutputAsync("exec", "one", "--", "modprobe virtio_balloon");

        Assert.Equal("one: done while it runs\n  memory: 128MiB -> 320MiB   (while it runs)\n", await home.OutputAsync("set", "one", "memory=320MiB"));
        await HasMemoryAsync(home, atLeast: 240, less: 320);
        await home.OutputAsync("suspend", "one");
        await home.OutputAsync("resume", "one");
        await home.OutputAsync("set", "one", "memory=192MiB");
        await HasMemoryAsync(home, atLeast: 100, less: 192);

        Assert.Contains("memory is 192MiB now", await home.OutputAsync("events"), StringComparison.Ordinal);
        Assert.Matches("Memory: +192MiB of at most 384MiB", await home.OutputAsync("info", "one"));
    }

    /// <summary>In MiB, what the guest's kernel calls its own; the balloon takes its time.</summary>
    private static async Task HasMemoryAsync(TestHome home, long atLeast, long less)
    {
        long has = -1;
        for (int tries = 0; tries < 60 && !(has >= atLeast && has < less); tries++)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);
            has = long.Parse(await home.OutputAsync("exec", "one", "--", "awk '/MemTotal/ { print $2 }' /proc/meminfo"), CultureInfo.InvariantCulture) / 1024;
        }

        Assert.InRange(has, atLeast, less - 1);
    }

    /// <summary>In MiB.</summary>
    private static async Task<long> DiskAsync(TestHome home, string disk) =>
        long.Parse(await home.OutputAsync("exec", "one", "--", $"cat /sys/block/{disk}/size"), CultureInfo.InvariantCulture) * 512 / (1 << 20);

    private static Task<string> BootAsync(TestHome home) => home.OutputAsync("exec", "one", "--", "cat /proc/sys/kernel/random/boot_id");
}
