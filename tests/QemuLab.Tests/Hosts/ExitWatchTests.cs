using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

/// <summary>Linux only: elsewhere the kernel has no such event, and ends are looked for.</summary>
public sealed class ExitWatchTests
{
    private const string NoSuchEvent = "the kernel tells of no process's end";

    [Theory(Timeout = 30_000)]
    [InlineData("kill -SEGV $$", null, 11)]
    [InlineData("kill -KILL $$", null, 9)]
    [InlineData("exit 3", 3, null)]
    [InlineData("exit 0", 0, null)]
    public async Task A_process_tells_how_it_ended(string script, int? code, int? signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), NoSuchEvent);
        using var folder = new TemporaryDirectory();
        ProcessIdentity child = Start(folder, script);
        Task<ProcessEnd?> end = ExitWatch.Shared.TryWatch(child)!;
        Assert.False(end.IsCompleted);

        Go(folder);

        Assert.Equal(new ProcessEnd(code, signal), await end);
        Assert.Null(ProcessIdentity.Of(child.ProcessId));
    }

    [Fact(Timeout = 30_000)]
    public async Task Many_are_watched_by_one_thread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), NoSuchEvent);
        using var folder = new TemporaryDirectory();
        ProcessIdentity[] children = [.. Enumerable.Range(1, 40).Select(code => Start(folder, $"exit {code}"))];
        Task<ProcessEnd?>[] ends = [.. children.Select(child => ExitWatch.Shared.TryWatch(child)!)];

        Go(folder);
        ProcessEnd?[] codes = await Task.WhenAll(ends);

        Assert.Equal(Enumerable.Range(1, 40).Select(code => (int?)code), codes.Select(end => end?.ExitCode));
        Assert.Single(Directory.GetDirectories("/proc/self/task"), task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith("process exits", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_pid_that_means_another_process_by_now_is_one_that_has_gone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), NoSuchEvent);
        Assert.Null(await ExitWatch.Shared.TryWatch(new ProcessIdentity(Environment.ProcessId, "another boot/1"))!);
    }

    [Fact]
    public void Kills_for_lack_of_memory_are_counted_where_the_process_lives()
    {
        using var root = new TemporaryDirectory();
        Write(root, "proc/42/cgroup", "0::/user.slice/lab.scope\n");
        Write(root, "proc/vmstat", "nr_free_pages 1\noom_kill 7\n");
        OomKills host = OomKills.Of(42, root.Path);
        Write(root, "sys/fs/cgroup/user.slice/lab.scope/memory.events", "low 0\noom 0\noom_kill 0\n");
        OomKills group = OomKills.Of(42, root.Path);
        Assert.False(host.HaveRisen() || group.HaveRisen());

        Write(root, "proc/vmstat", "nr_free_pages 1\noom_kill 8\n");
        Assert.True(host.HaveRisen());
        Assert.False(group.HaveRisen());

        Write(root, "sys/fs/cgroup/user.slice/lab.scope/memory.events", "low 0\noom 1\noom_kill 1\n");
        Assert.True(group.HaveRisen());
    }

    /// <summary>A child of ours that .NET does not know, and so does not collect. It waits for the word.</summary>
    private static ProcessIdentity Start(TemporaryDirectory folder, string script) => ProcessIdentity.Of(DaemonProcess.Start(
        "/bin/sh", ["-c", $"until [ -e '{Path.Combine(folder.Path, "go")}' ]; do sleep 0.05; done; {script}"], "/dev/null", new Dictionary<string, string>()).ProcessId)!;

    private static void Go(TemporaryDirectory folder) => Write(folder, "go", "");

    private static void Write(TemporaryDirectory root, string path, string text)
    {
        string file = Path.Combine(root.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
