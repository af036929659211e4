using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary><c>qemulab why</c> and <c>qemulab history</c>: the real binary and the real routes over a lab of fakes.</summary>
public sealed class WhyCommandTests
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {}, b: { count: 2 } }";

    private static Task<FakeDaemon> StartAsync() => FakeDaemon.StartAsync(Lab);

    [Fact]
    public async Task A_ready_machine_is_told_as_that_with_its_last_boot()
    {
        await using FakeDaemon daemon = await StartAsync();

        CommandResult why = await daemon.RunAsync("why", "a");

        Assert.Equal((0, ""), (why.ExitCode, why.Error));
        string[] lines = why.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^a is ready, [0-9.]+ s after its start$", lines[0]);
        Assert.Matches("^last boot, of ....-..-.. ..:..:..: ready after 0.0 s$", lines[1]);
        Assert.Equal("  process                 0.0 s", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public async Task A_machine_that_waits_is_told_by_its_console_and_one_that_has_ended_by_its_last_boot()
    {
        await using FakeDaemon daemon = await StartAsync();
        daemon.Lab.Guests["a"] = FakeLab.Never;
        await daemon.RunAsync("restart", "a", "--no-wait", "--force");
        File.AppendAllText(daemon.Lab.Paths.Machine("l", "a").SerialLog, "error: unknown filesystem.\r\nEntering rescue mode...\r\ngrub rescue> \u001b[6n");

        string why = (await daemon.RunAsync("why", "a")).Output;
        Assert.StartsWith("a is booting: process for 0.0 s, 0.0 s after its start\n", why, StringComparison.Ordinal);
        Assert.Contains("   now\ncause: GRUB did not find its own files, and waits at its rescue prompt (grub-rescue)\n  > Entering rescue mode...\nnext: ", why, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", why, StringComparison.Ordinal);
        CommandResult timedOut = await daemon.RunAsync("why", "a", "--json");
        Assert.Contains("\"code\": \"grub-rescue\"", timedOut.Output, StringComparison.Ordinal);
        Assert.Contains("\"isCurrent\": true", timedOut.Output, StringComparison.Ordinal);

        daemon.Lab.Hypervisor.Running["a"].End("killed");
        await FakeLab.UntilAsync(() => daemon.Labs.Labs[0].Machines[0].State == MachineState.Failed);
        why = (await daemon.RunAsync("why", "a")).Output;
        Assert.StartsWith("a has failed: ", why, StringComparison.Ordinal);
        Assert.Contains(": broken off after ", why, StringComparison.Ordinal);
        Assert.Contains("(grub-rescue)", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_machines_are_told_one_after_the_other_and_a_stopped_one_says_how_to_go_on()
    {
        await using FakeDaemon daemon = await StartAsync();
        await daemon.RunAsync("stop", "b1", "--force");

        string why = (await daemon.RunAsync("why", "a", "b")).Output;

        Assert.Equal(["a is ready", "b0 is ready", "b1 is stopped"], why.Split("\n\n").Select(one => one.Split('\n')[0].Split(',')[0]));
        Assert.EndsWith("next: qemulab start b1\n", why, StringComparison.Ordinal);
        Assert.Equal(why, (await daemon.RunAsync("why", "--all")).Output);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using FakeDaemon daemon = await StartAsync();

        foreach (string verb in (string[])["why", "history"])
        {
            CommandResult missing = await daemon.RunAsync(verb, "nosuch");
            Assert.Equal((4, ""), (missing.ExitCode, missing.Output));
            Assert.StartsWith("error: there is no machine or group 'nosuch' [QL", missing.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task History_is_a_line_a_boot_and_tells_what_has_become_slower()
    {
        await using FakeDaemon daemon = await StartAsync();
        foreach (int seconds in (int[])[1, 9])
        {
            var up = new TaskCompletionSource();
            daemon.Lab.Guests["a"] = _ => up.Task;
            await daemon.RunAsync("restart", "a", "--no-wait", "--force");
            daemon.Lab.Clock.Advance(TimeSpan.FromSeconds(seconds));
            up.SetResult();
            await daemon.RunAsync("wait", "a");
        }

        string[] lines = (await daemon.RunAsync("history", "a")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Matches("^STARTED +BY +END +SECONDS +PROCESS$", lines[0]);
        Assert.All(lines[1..4], line => Assert.Matches(@"^....-..-..T..:..:.. +start +ready +\d\.0 +\d\.0$", line));
        Assert.Equal(["slower: process took 9.0 s, before 0.5 s (median)", "slower: the whole boot took 9.0 s, before 0.5 s (median)"], lines[4..]);
        Assert.Equal(4, (await daemon.RunAsync("history", "a", "-n", "1")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"lab\": \"l\"", (await daemon.RunAsync("history", "b", "--json")).Output, StringComparison.Ordinal);
    }
}
