using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Snapshots of a lab of two micro machines, with the real binary and the real QEMU. Needs what the micro image is built with.</summary>
public sealed class SnapshotTests
{
    private const string Lab = """
        name: snap
        image: micro
        defaults: { memory: 128MiB, disks: [{ name: data, size: 64MiB }] }
        groups: { one: {}, two: {} }
        """;

    /// <summary>On the root disk, on the other disk, and in memory.</summary>
    private const string Note = "echo $WORD > /root/note; echo $WORD > /tmp/note; sync; echo $WORD | dd of=/dev/disk/by-id/virtio-data conv=fsync 2>/dev/null || echo $WORD | dd of=/dev/vdb conv=fsync 2>/dev/null";

    private const string Read = "cat /root/note /tmp/note; head -c 5 /dev/disk/by-id/virtio-data 2>/dev/null || head -c 5 /dev/vdb";

    [Fact(Timeout = 300_000)]
    public async Task A_lab_goes_back_to_where_it_was_memory_disks_and_all()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab), "--keep-fresh");
        await WriteAsync(home, "first");
        Assert.StartsWith("snap/noted: 2 machines, 2 with memory (", await home.OutputAsync("snapshot", "create", "noted", "-m", "a note on each", "--compress"), StringComparison.Ordinal);
        await ClockIsRightAsync(home);
        using JsonDocument all = JsonDocument.Parse(await home.OutputAsync("snapshot", "list", "--json"));
        long[] sizes = [.. all.RootElement.EnumerateArray().Select(snapshot => snapshot.GetProperty("memoryBytes").GetInt64())];
        Assert.InRange(sizes[1], 1, sizes[0] * 3 / 4);
        await WriteAsync(home, "later");

        CommandResult refused = await home.RunAsync("rewind", "noted");
        Assert.Equal(6, refused.ExitCode);
        Assert.Contains("one, two run: what they have done since noted would be lost [QL0088]\nhint: say that you mean it: --force", refused.Error, StringComparison.Ordinal);
        Assert.Equal("later", await NoteAsync(home, "one"));

        await home.OutputAsync("rewind", "snap", "noted", "--force");
        Assert.Equal("first", await NoteAsync(home, "one"));
        Assert.Equal("first", await NoteAsync(home, "two"));
        await ClockIsRightAsync(home);

        await OneIsKilledAndTheOtherStoppedAsync(home);
        await home.OutputAsync("rewind", "noted", "--force");
        Assert.Equal("first", await NoteAsync(home, "one"));
        Assert.Equal("first", await NoteAsync(home, "two"));
        Assert.Contains(" 0% packet loss", await home.OutputAsync("exec", "one", "--", "ping -c 2 -i 0.3 two"), StringComparison.Ordinal);

        await home.OutputAsync("fresh");
        Assert.Contains("No such file", (await home.RunAsync("exec", "one", "--", "cat /root/note")).Error, StringComparison.Ordinal);
        await OnlyOneMachineGoesBackAsync(home);
        await ANameIsTakenOrUnknownAsync(home);
        await WithoutMemoryAllBootAsync(home);
        await home.OutputAsync("snapshot", "delete", "noted", "fresh", "disks");
        Assert.Equal("no snapshots; take one: qemulab snapshot create NAME\n", (await home.RunAsync("snapshot", "list")).Error);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_stopped_lab_is_saved_by_its_disks_and_is_stopped_again()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        await WriteAsync(home, "first");
        await home.OutputAsync("down");
        Assert.Equal("snap/off: 2 machines, disks only\n", await home.OutputAsync("snapshot", "create", "off"));
        await home.OutputAsync("launch-all", Path.Combine(home.Path, "lab.yaml"));
        await WriteAsync(home, "later");

        Assert.Contains("snap/one: back at off, stopped, as it was", await home.OutputAsync("rewind", "off", "--force"), StringComparison.Ordinal);

        await home.OutputAsync("launch-all", Path.Combine(home.Path, "lab.yaml"));
        Assert.Equal("first", await home.OutputAsync("exec", "one", "--", "printf %s $(cat /root/note)"));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_daemon_that_dies_in_between_leaves_nothing_half_done()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        await WriteAsync(home, "first");
        await home.OutputAsync("snapshot", "create", "noted");
        foreach (string point in (string[])["snapshot-begun", "snapshot-halted", "snapshot-saved"])
        {
            await WriteAsync(home, "later");
            await DiedAsync(home, point, "snapshot", "create", "broken");
            Assert.Equal(("noted", "later", "later"), (await SettledAsync(home), await NoteAsync(home, "one"), await NoteAsync(home, "two")));
        }

        foreach (string point in (string[])["snapshot-frozen", "snapshot-continued"])
        {
            await DiedAsync(home, point, "snapshot", "create", "broken", "--disk-only");
            Assert.Equal(("noted", "later", "later"), (await SettledAsync(home), await NoteAsync(home, "one"), await NoteAsync(home, "two")));
        }

        foreach (string point in (string[])["return-begun", "return-halted", "return-loaded", "return-continued"])
        {
            await WriteAsync(home, "later");
            await DiedAsync(home, point, "rewind", "noted", "--force");
            Assert.Equal(("noted", "first", "first"), (await SettledAsync(home), await NoteAsync(home, "one"), await NoteAsync(home, "two")));
        }

        await WriteAsync(home, "later");
        await DiedAsync(home, "snapshot-replacing", "snapshot", "create", "noted", "--replace");
        Assert.Equal("noted", await SettledAsync(home));
        await home.OutputAsync("rewind", "noted", "--force");
        Assert.Equal(("later", "later"), (await NoteAsync(home, "one"), await NoteAsync(home, "two")));

        foreach (string point in (string[])["snapshot-removing", "snapshot-removed"])
        {
            await home.OutputAsync("snapshot", "create", "noted", "--replace");
            await DiedAsync(home, point, "snapshot", "delete", "noted");
            Assert.Equal(("", "later", "later"), (await SettledAsync(home), await NoteAsync(home, "one"), await NoteAsync(home, "two")));
        }

        Assert.Equal(2, home.Processes("-name snap/").Count);
    }

    /// <summary>The daemon ends at the point, as a crash would have it.</summary>
    private static async Task DiedAsync(TestHome home, string point, params string[] verb)
    {
        await Daemons.EndAsync(home);
        CommandResult died = await new CommandRunner().RunAsync(Faulty(home.Describe(verb), point));
        Assert.True(died.ExitCode == 3, $"{point}: {died.ExitCode} {died.Output}{died.Error}");
    }

    private static Command Faulty(Command command, string point) =>
        command with { Environment = new Dictionary<string, string?>(command.Environment) { [FaultPoint.Variable] = point } };

    /// <summary>The names of the snapshots, once the successor has done what was left: all machines run, and no snapshot is half.</summary>
    private static async Task<string> SettledAsync(TestHome home)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            string snapshots = await home.OutputAsync("snapshot", "list", "--json"), machines = await home.OutputAsync("list", "--json");
            if (!snapshots.Contains("ing\"", StringComparison.Ordinal) && machines.Split("Running (ready)").Length == 3)
            {
                using var document = System.Text.Json.JsonDocument.Parse(snapshots);
                return string.Join(' ', document.RootElement.EnumerateArray().Select(snapshot => snapshot.GetProperty("name").GetString()));
            }

            await Task.Delay(100, limit.Token);
        }
    }

    private static async Task WriteAsync(TestHome home, string word)
    {
        foreach (string machine in (string[])["one", "two"])
        {
            await home.OutputAsync("exec", machine, "--", $"WORD={word}; {Note}");
        }
    }

    /// <summary>The same word in all three places.</summary>
    private static async Task<string> NoteAsync(TestHome home, string machine)
    {
        string[] words = [.. (await home.OutputAsync("exec", machine, "--", Read)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(3, words.Length);
        return Assert.Single(words.Distinct());
    }

    private static async Task ClockIsRightAsync(TestHome home)
    {
        string seconds = await home.OutputAsync("exec", "one", "--", "date -u +%s");
        long behind = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(seconds, CultureInfo.InvariantCulture);
        Assert.InRange(behind, -2, 30);
    }

    private static async Task OneIsKilledAndTheOtherStoppedAsync(TestHome home)
    {
        int one = home.Processes("snap/one")[0];
        await new CommandRunner().RunAsync(new Command("kill", "-9", one.ToString(CultureInfo.InvariantCulture)));
        await home.OutputAsync("stop", "two");
    }

    private static async Task OnlyOneMachineGoesBackAsync(TestHome home)
    {
        string back = await home.OutputAsync("rewind", "noted", "--only", "two", "--force");
        Assert.StartsWith("snap/two: back at noted, ready after ", back, StringComparison.Ordinal);
        Assert.Equal("first", await NoteAsync(home, "two"));
        Assert.False((await home.RunAsync("exec", "one", "--", "test -e /root/note")).Succeeded);
    }

    /// <summary>No agent listens in the micro image; one that has become another machine boots nevertheless.</summary>
    private static async Task WithoutMemoryAllBootAsync(TestHome home)
    {
        await WriteAsync(home, "disks");
        await home.OutputAsync("exec", "one", "--", "touch /dev/shm/here");
        CommandResult taken = await home.RunAsync("snapshot", "create", "disks", "--disk-only");
        Assert.Equal("snap/disks: 2 machines, disks only, crash-consistent\n", taken.Output);
        Assert.Contains("note: snap/one: crash-consistent: no guest agent listens in it\n", taken.Error, StringComparison.Ordinal);
        Assert.Contains("  no   whole, crash-consistent", await home.OutputAsync("snapshot", "list"), StringComparison.Ordinal);
        await WriteAsync(home, "later");
        await home.OutputAsync("set", "one", "memory=160MiB");

        Assert.Contains("snap/two: back at disks, ready after ", await home.OutputAsync("rewind", "disks", "--force"), StringComparison.Ordinal);
        Assert.Equal("disks", await NoteAsync(home, "one"));
        Assert.Equal("disks", await NoteAsync(home, "two"));
        Assert.False((await home.RunAsync("exec", "one", "--", "test -e /dev/shm/here")).Succeeded);
    }

    private static async Task ANameIsTakenOrUnknownAsync(TestHome home)
    {
        CommandResult taken = await home.RunAsync("snapshot", "create", "noted");
        Assert.Equal(6, taken.ExitCode);
        Assert.Contains("lab snap has a snapshot noted already", taken.Error, StringComparison.Ordinal);
        CommandResult unknown = await home.RunAsync("rewind", "notd", "-f");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("did you mean noted?", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await home.RunAsync("snapshot", "create", "a/b")).ExitCode);
    }
}
