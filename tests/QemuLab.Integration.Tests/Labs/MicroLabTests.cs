using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Whole labs of micro machines: real QEMU, real guests, the real binary. Needs qemu-system, and the packages of the micro image's builder.</summary>
public sealed class MicroLabTests
{
    private const string Three = """
        name: trio
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          gateway: {}
          control: { count: 1 }
          worker: { count: 1 }
        """;

    private const string One = """
        name: solo
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          box: {}
        """;

    [Fact(Timeout = 300_000)]
    public async Task Three_machines_come_up_know_each_other_and_go_without_a_trace()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", Three);

        await home.OutputAsync("launch-all", lab);
        Assert.Equal("control0\n", await home.OutputAsync("ssh", "control0", "--", "hostname"));
        Assert.Contains("1 packets received", await home.OutputAsync("exec", "worker0", "--", "ping", "-c", "1", "control0"), StringComparison.Ordinal);
        Assert.Equal(7, (await home.RunAsync("exec", "gateway", "--", "exit 7")).ExitCode);

        using JsonDocument list = JsonDocument.Parse(await home.OutputAsync("list", "--json"));
        Assert.All(list.RootElement.EnumerateArray(), machine => Assert.Equal(("Running", "Ready"), (machine.GetProperty("state").GetString(), machine.GetProperty("phase").GetString())));

        string[] pids = [.. home.Processes("qemu-system").Select(pid => pid.ToString())];
        Assert.Equal(3, (await home.OutputAsync("launch-all", lab)).Split("unchanged").Length - 1);
        Assert.Equal(pids, home.Processes("qemu-system").Select(pid => pid.ToString()));

        await home.OutputAsync("down");
        Assert.Empty(home.Processes());
        Assert.False(Directory.Exists(Path.Combine(home.Path, "run", "trio")));
    }

    [Fact(Timeout = 300_000)]
    public async Task After_kill_9_the_next_daemon_finds_every_machine_and_an_open_session_goes_on()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", One));
        var begun = new TaskCompletionSource();
        Task<CommandResult> session = new CommandRunner().RunAsync(home.Describe("ssh", "box", "--", "echo begun; sleep 6; echo still there") with { OnOutputLine = _ => begun.TrySetResult() });
        string before = await home.OutputAsync("list", "--json");
        await Task.WhenAny(begun.Task, session);

        Signal(home.DaemonProcess()!.Value);
        string after = await home.OutputAsync("list", "--json");

        Assert.Equal(Facts(before), Facts(after));
        Assert.Equal("begun\nstill there\n", (await session).Output);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_home_whose_path_has_commas_quotes_and_spaces_is_a_home_like_any_other()
    {
        await using var home = new TestHome(" a,b'c");
        await home.OutputAsync("launch-all", home.Write("lab.yaml", One));

        Assert.Equal("box\n", await home.OutputAsync("exec", "box", "--", "hostname"));

        string plain = home.Path.Split(' ')[0];
        await home.OutputAsync("down", "--purge", "--yes");
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), process => CommandLineOf(process).Contains(plain, StringComparison.Ordinal));
        Directory.Delete(plain);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_machine_that_joins_later_is_known_by_name_to_those_that_were_there()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", """
            name: grow
            image: micro
            parameters: { workers: 1 }
            defaults: { memory: 128MiB }
            groups:
              worker: { count: "${workers}" }
            """);
        await home.OutputAsync("launch-all", lab);

        await home.OutputAsync("launch-all", lab, "--set", "workers=2");

        Assert.Contains("1 packets received", await home.OutputAsync("exec", "worker0", "--", "ping -c 1 worker1"), StringComparison.Ordinal);
        Assert.Contains("1 packets received", await home.OutputAsync("exec", "worker1", "--", "ping -c 1 worker0"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_machine_keeps_its_disk_over_stop_and_start()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", One));
        await home.OutputAsync("exec", "box", "--", "echo kept > /root/mark; sync");

        await home.OutputAsync("stop", "box");
        Assert.Empty(home.Processes("qemu-system-x86_64 -no-user-config -nodefaults -name"));
        await home.OutputAsync("start", "box");

        Assert.Equal("kept\n", await home.OutputAsync("exec", "box", "--", "cat /root/mark"));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_failing_first_boot_is_a_failed_launch_that_quotes_the_error()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", """
            name: solo
            image: micro
            defaults: { cpus: 1, memory: 128MiB }
            groups:
              box:
                userData:
                  runcmd: [ "exit 3" ]
            """);

        CommandResult launch = await home.RunAsync("launch-all", lab);

        Assert.Equal(1, launch.ExitCode);
        Assert.Contains("cloud-init", launch.Error, StringComparison.Ordinal);
        Assert.Contains("qemulab logs box", launch.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task QEMU_that_refuses_to_start_is_quoted_and_nothing_is_left()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", """
            name: solo
            image: micro
            groups:
              box: { memory: 128MiB, qemuArgs: ["-device", "no-such-device"] }
            """);

        CommandResult launch = await home.RunAsync("launch-all", lab);

        Assert.Equal(1, launch.ExitCode);
        Assert.Contains("'no-such-device' is not a valid device model name", launch.Error, StringComparison.Ordinal);
        Assert.Empty(home.Processes());
        Assert.False(Directory.Exists(Path.Combine(home.Path, "labs", "solo")));
    }

    [Fact(Timeout = 300_000)]
    public async Task An_interrupted_launch_leaves_nothing_half_made()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", Three);
        await home.OutputAsync("list"); // the daemon must not be a child of the command line that is killed
        using var interrupt = new CancellationTokenSource();
        Task<CommandResult> launch = home.RunAsync(interrupt.Token, "launch-all", lab);
        while (home.Processes("qemu-system-x86_64 -no-user-config").Count == 0 && !launch.IsCompleted)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await interrupt.CancelAsync(); // the runner kills the command line; the daemon sees its connection close
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (home.Processes().Count > 0 || Directory.Exists(Path.Combine(home.Path, "labs", "trio")))
        {
            await Task.Delay(50, limit.Token);
        }

        Assert.Equal("[]", (await home.OutputAsync("list", "--json")).Trim());
    }

    [Fact(Timeout = 300_000)]
    public async Task Two_launches_at_once_make_one_lab()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", Three);

        CommandResult[] launches = await Task.WhenAll(home.RunAsync("launch-all", lab), home.RunAsync("launch-all", lab));

        Assert.All(launches, launch => Assert.True(launch.Succeeded, launch.Error));
        Assert.Equal(3, home.Processes("-uuid").Count);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_record_that_is_cut_off_is_set_aside_and_the_machine_taken_up_again_by_launching()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", One);
        await home.OutputAsync("launch-all", lab);
        await home.OutputAsync("exec", "box", "--", "echo kept > /root/mark; sync");
        await home.OutputAsync("stop", "box");
        Signal(home.DaemonProcess()!.Value);
        string record = Path.Combine(home.Path, "labs", "solo", "lab.json");
        File.WriteAllText(record, File.ReadAllText(record)[..100]);

        await home.OutputAsync("list");
        Assert.Single(Directory.GetFiles(Path.Combine(home.Path, "labs", "solo"), "lab.json.broken-*"));
        await home.OutputAsync("launch-all", lab);
        Assert.Equal("kept\n", await home.OutputAsync("exec", "box", "--", "cat /root/mark"));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_published_port_leads_into_the_machine_and_a_taken_one_is_told_before_anything_starts()
    {
        await using var home = new TestHome();
        int port = TestPorts.Free();
        using var holder = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        holder.Start();
        string lab = home.Write("lab.yaml", $$"""
            name: solo
            image: micro
            groups:
              box: { memory: 128MiB, ports: ["{{port}}:80"] }
            """);

        CommandResult refused = await home.RunAsync("launch-all", lab);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(port.ToString(), refused.Error, StringComparison.Ordinal);
        Assert.Empty(home.Processes());

        holder.Stop();
        await home.OutputAsync("launch-all", lab);
        await home.OutputAsync("exec", "box", "--", "mkdir -p /www && echo hello > /www/index.html && httpd -h /www");
        using var client = new HttpClient();
        Assert.Equal("hello\n", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/index.html"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_time_limit_ends_the_wait_and_says_how_far_the_guest_came()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", One);

        CommandResult launch = await home.RunAsync("launch-all", lab, "--timeout", "1s");

        Assert.Equal(5, launch.ExitCode);
        Assert.Contains("box: not ready within the time limit", launch.Error, StringComparison.Ordinal);
    }

    /// <summary>What must be the same before and after a daemon's death: everything but what it only measured itself.</summary>
    private static string Facts(string list)
    {
        using JsonDocument document = JsonDocument.Parse(list);
        return string.Join('\n', document.RootElement.EnumerateArray().Select(machine => string.Join(' ',
            machine.GetProperty("name"), machine.GetProperty("state"), machine.GetProperty("phase"), machine.GetProperty("processId"), machine.GetProperty("startedAt"))));
    }

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>SIGKILL, as a crash would be.</summary>
    private static void Signal(int pid)
    {
        using var process = System.Diagnostics.Process.GetProcessById(pid);
        process.Kill();
        process.WaitForExit(5000);
    }
}
