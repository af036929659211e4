using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>The host's disk is full: a small file system of the test's own, which only the test's daemon sees. Needs root, for a mount.</summary>
public sealed class FullDiskTests
{
    private const string Lab = """
        name: full
        image: micro
        defaults: { memory: 128MiB, disks: [{ name: data, size: 1GiB }] }
        groups: { one: {}, two: {} }
        """;

    [Fact(Timeout = 300_000)]
    public async Task A_machine_waits_while_there_is_no_room_and_goes_on_by_itself()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root, for a mount: sudo make test");
        var small = new SmallDisk();
        await using var home = new TestHome(runner: small);
        small.Folder = Path.Combine(home.Path, "labs");
        Directory.CreateDirectory(small.Folder);
        try
        {
            await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
            small.Daemon = home.DaemonProcess();
            await FilledAndEmptiedAsync(home, small);
        }
        finally
        {
            // The home's own end does not see the lab: it is in the daemon's file system.
            small.Daemon ??= home.DaemonProcess();
            await home.RunAsync("down", "full", "--purge", "--force", "--yes");
        }
    }

    private static async Task FilledAndEmptiedAsync(TestHome home, SmallDisk small)
    {
        // Far more than the file system has, and none of it zero.
        await home.OutputAsync("exec", "one", "--", "head -c 1048576 /dev/urandom > /tmp/block; (for i in $(seq 150); do cat /tmp/block; done > /dev/vdb; echo done > /tmp/done) </dev/null >/dev/null 2>&1 &");
        await home.UntilToldAsync("one", "Paused: no room left on this host's disk");
        Assert.Contains("make room: it goes on by itself then", await home.OutputAsync("info", "one"), StringComparison.Ordinal);
        Assert.Contains("Running (ready)", await home.OutputAsync("info", "two"), StringComparison.Ordinal);
        await NothingCanBeTakenAsync(home);
        await home.OutputAsync("stop", "two", "--grace", "5s");
        Assert.Contains("Stopped", await home.OutputAsync("info", "two"), StringComparison.Ordinal);

        CommandResult grown = await small.RunAsync(new Command("mount", "-o", "remount,size=900m", small.Folder));
        Assert.True(grown.Succeeded, grown.Error);

        await home.UntilToldAsync("one", "Running (ready)");
        Assert.Equal("done\n", await home.OutputAsync("exec", "one", "--", "until cat /tmp/done 2>/dev/null; do sleep 0.2; done"));
    }

    /// <summary>A snapshot that has no room fails, and leaves the machines as they were.</summary>
    private static async Task NothingCanBeTakenAsync(TestHome home)
    {
        CommandResult refused = await home.RunAsync("snapshot", "create", "late");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("hint: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Running (ready)", await home.OutputAsync("info", "two"), StringComparison.Ordinal);
        Assert.Contains("no snapshots", (await home.RunAsync("snapshot", "list")).Error, StringComparison.Ordinal);
    }

    /// <summary>Runs commands with a file system of 48 MiB over a folder, in a mount namespace that goes with the processes in it.</summary>
    private sealed class SmallDisk : ICommandRunner
    {
        private const string Mounted = """mount -t tmpfs -o size=48m,mode=0700 tmpfs "$1" && shift && exec "$@" """;

        public string Folder { get; set; } = "";

        /// <summary>Whose file systems are seen; null: a namespace of its own is made.</summary>
        public int? Daemon { get; set; }

        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default) => new CommandRunner().RunAsync(
            Daemon is { } daemon
                ? command with { Program = "nsenter", Arguments = [$"--mount=/proc/{daemon}/ns/mnt", command.Program, .. command.Arguments], WorkingDirectory = "/" }
                : command with { Program = "unshare", Arguments = ["--mount", "sh", "-c", Mounted, "sh", Folder, command.Program, .. command.Arguments] },
            cancellation);
    }
}
