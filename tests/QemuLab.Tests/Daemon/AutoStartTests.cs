using System.Diagnostics;
using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>The daemon that commands start by themselves.</summary>
public class AutoStartTests
{
    [Fact]
    public async Task A_shells_substitution_returns_though_the_daemon_it_started_goes_on()
    {
        using var qemulab = new Qemulab();
        Command shell = qemulab.Describe("bash", "-c", "exec 7>&1; x=$(\"$QEMULAB\" list -q 9>&1 2>&1); echo done");
        long began = Stopwatch.GetTimestamp();
        CommandResult result = await new CommandRunner().RunAsync(shell, TestContext.Current.CancellationToken);
        Assert.Equal("done", result.Output.Trim());
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 50);
        Assert.NotNull(await qemulab.DaemonPidAsync());
    }

    [Fact]
    public async Task The_daemon_is_in_a_session_of_its_own_and_holds_no_file_of_its_starter()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var qemulab = new Qemulab();
        await new CommandRunner().RunAsync(qemulab.Describe("bash", "-c", "exec 7>held; \"$QEMULAB\" list"), TestContext.Current.CancellationToken);
        int pid = (await qemulab.DaemonPidAsync())!.Value;
        string[] stat = (await File.ReadAllTextAsync($"/proc/{pid}/stat", TestContext.Current.CancellationToken)).Split(") ")[1].Split(' ');
        Assert.Equal(pid.ToString(System.Globalization.CultureInfo.InvariantCulture), stat[3]);
        Assert.DoesNotContain(Directory.GetFiles($"/proc/{pid}/fd"), file => File.ResolveLinkTarget(file, false)?.Name == "held");
    }

    [Fact]
    public async Task Commands_that_start_it_at_the_same_time_get_the_same_one()
    {
        using var qemulab = new Qemulab();
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => qemulab.RunAsync("daemon", "start")));
        Assert.All(results, result => Assert.Equal((0, ""), (result.ExitCode, result.Error)));
        Assert.Single(results.Select(result => result.Output.Split("pid ")[1].Split(',')[0]).Distinct());
    }

    [Fact]
    public async Task Stop_ends_it_and_leaves_no_socket_and_it_can_be_started_again()
    {
        using var qemulab = new Qemulab();
        await qemulab.RunAsync("list");
        int pid = (await qemulab.DaemonPidAsync())!.Value;
        Assert.Equal(0, (await qemulab.RunAsync("daemon", "stop")).ExitCode);
        Assert.False(File.Exists(qemulab.Paths.DaemonSocket));
        Assert.Equal(0, (await qemulab.RunAsync("list")).ExitCode);
        Assert.NotEqual(pid, await qemulab.DaemonPidAsync());
    }

    [Fact]
    public async Task A_socket_that_a_killed_daemon_left_is_replaced()
    {
        using var qemulab = new Qemulab();
        await qemulab.RunAsync("list");
        using (Process daemon = Process.GetProcessById((await qemulab.DaemonPidAsync())!.Value))
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(File.Exists(qemulab.Paths.DaemonSocket));
        Assert.Equal(0, (await qemulab.RunAsync("list", "-q")).ExitCode);
        Assert.NotNull(await qemulab.DaemonPidAsync());
    }

    [Fact]
    public async Task A_second_daemon_is_told_that_there_is_one()
    {
        using var qemulab = new Qemulab();
        await qemulab.RunAsync("list");
        CommandResult second = await qemulab.RunAsync("daemon");
        Assert.Equal(6, second.ExitCode);
        Assert.StartsWith("error: a daemon already runs", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_its_user_can_reach_it()
    {
        using var qemulab = new Qemulab();
        await qemulab.RunAsync("list");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(qemulab.Paths.DaemonSocket));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(qemulab.Paths.Home));
    }

    [Fact]
    public async Task An_open_event_stream_does_not_hold_its_end()
    {
        using var qemulab = new Qemulab();
        await qemulab.RunAsync("list");
        using DaemonResponse events = new DaemonClient(qemulab.Paths.DaemonSocket).Open("GET", "/v1/events");
        Assert.Equal(": connected", events.Lines().First());
        long began = Stopwatch.GetTimestamp();
        Assert.Equal(0, (await qemulab.RunAsync("daemon", "stop")).ExitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 15);
    }
}
