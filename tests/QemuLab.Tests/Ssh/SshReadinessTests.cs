using System.Collections.Concurrent;
using QemuLab.Engine;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

public sealed class SshReadinessTests : IDisposable
{
    private const string Ssh = "SSH-2.0-OpenSSH_9.2p1\r\n";
    private const string Done = "@qemulab result /run\n{\"v1\": {\n \"errors\": []}}\n@qemulab status /run\n\n@qemulab end";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider time = new();
    private readonly Updates updates = new();

    private sealed class Updates : IProgress<ReadinessUpdate>
    {
        private readonly ConcurrentQueue<ReadinessUpdate> all = new();

        /// <summary>As it was told last.</summary>
        public Boot? Boot => all.LastOrDefault()?.Boot;

        public void Report(ReadinessUpdate value) => all.Enqueue(value);

        public override string ToString() => string.Join(' ', all.Select(update => update.Detail is { } detail ? $"{update.Phase}({detail})" : $"{update.Phase}"));
    }

    public void Dispose() => folder.Dispose();

    private async Task<ReadinessException?> WaitAsync(BannerServer server, ScriptedRunner runner, ReadinessOptions? options = null, Action<int>? each = null, Boot? boot = null)
    {
        var target = new ReadinessTarget { Machine = "vm", SshConfigPath = "cfg", Server = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port), SerialLogPath = folder.File("serial.log"), Boot = boot };
        Task wait = new SshReadiness(runner, time).WaitAsync(target, options ?? new ReadinessOptions(), updates);
        for (int i = 0; !wait.IsCompleted; i++)
        {
            Assert.True(i < 20_000, "the wait does not end");
            await Task.Delay(1);
            each?.Invoke(i);
            time.Advance(Step);
        }

        return wait.IsCompletedSuccessfully ? null : await Assert.ThrowsAsync<ReadinessException>(() => wait);
    }

    [Fact]
    public async Task Ready_is_banner_then_login_then_cloud_init_in_one_session()
    {
        await using var server = new BannerServer(Ssh);
        var runner = new ScriptedRunner(ScriptedRunner.Prints("noise of a profile\n@qemulab login\n@qemulab stage init 10\n@qemulab stage init 20\n@qemulab stage modules-final 99\n" + Done));

        Assert.Null(await WaitAsync(server, runner));

        Assert.Equal("Banner Login Login(cloud-init: init) Login(cloud-init: modules-final) Ready", updates.ToString());
        Command login = Assert.Single(runner.Asked);
        Assert.Equal(["-F", "cfg", "-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-T", "vm", "--", "exec sh -s"], login.Arguments);
        Assert.StartsWith("run=/run/cloud-init", login.Input, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_port_that_is_silent_is_not_a_banner()
    {
        await using var server = new BannerServer(null);

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("")), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(20) });

        Assert.Equal((ErrorKind.TimedOut, BootPhase.Process), (fault!.Kind, fault.Reached));
        Assert.StartsWith("vm is not ready after 20 s: nothing has moved for 20 s, while waiting for the SSH server's banner\nits serial console is silent", fault.Message, StringComparison.Ordinal);
        Assert.Contains("qemulab logs vm", fault.Hint, StringComparison.Ordinal);
        Assert.InRange(server.Connections, 10, 200);
    }

    [Fact]
    public async Task A_guest_that_was_ready_and_goes_on_is_so_with_one_connection()
    {
        await using var server = new BannerServer(null);
        var runner = new ScriptedRunner(ScriptedRunner.Fails(255, "Connection timed out during banner exchange"), ScriptedRunner.Prints("@qemulab login"));

        Assert.Null(await WaitAsync(server, runner, new ReadinessOptions { IsAwake = true, WasReady = true }));

        Assert.Equal("Login Ready", updates.ToString());
        Assert.Equal(2, runner.Asked.Count);
        Assert.All(runner.Asked, login => Assert.Equal(
            ["-F", "cfg", "-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-T", "-o", "ControlMaster=yes", "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo @qemulab login", "-N", "vm"], login.Arguments));
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_guest_that_goes_on_with_its_boot_is_seen_to_its_end()
    {
        await using var server = new BannerServer(null);
        var runner = new ScriptedRunner(ScriptedRunner.Prints("@qemulab login"), ScriptedRunner.Prints("@qemulab login\n@qemulab stage modules-final 99\n" + Done));

        Assert.Null(await WaitAsync(server, runner, new ReadinessOptions { IsAwake = true }));

        Assert.Equal("Login Login(cloud-init: modules-final) Ready", updates.ToString());
        Assert.Equal(["-N", "exec sh -s"], runner.Asked.Select(asked => asked.Arguments.First(argument => argument is "-N" or "exec sh -s")));
    }

    [Fact]
    public async Task A_guest_that_goes_on_and_lets_nobody_in_is_told_so()
    {
        await using var server = new BannerServer(null);

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Fails(255, "lab@127.0.0.1: Permission denied (publickey).")), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(20), IsAwake = true, WasReady = true });

        Assert.Equal((ErrorKind.TimedOut, BootPhase.Process), (fault!.Kind, fault.Reached));
        Assert.Contains("while waiting for a login\nthe last login said: lab@127.0.0.1: Permission denied (publickey).", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_late_is_found_soon()
    {
        await using var server = new BannerServer(null);
        DateTimeOffset begun = time.GetUtcNow();

        Assert.Null(await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("@qemulab login\n" + Done)), each: i => server.Banner = i > 200 ? "a greeting\r\n" + Ssh : null));

        Assert.InRange((time.GetUtcNow() - begun).TotalSeconds, 10, 13);
    }

    [Fact]
    public async Task A_banner_with_a_whole_key_exchange_behind_it_is_a_banner()
    {
        await using var server = new BannerServer(Ssh + new string('k', 2000));
        Assert.Null(await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("@qemulab login\n" + Done))));
    }

    [Fact]
    public async Task Failed_logins_are_tried_again_and_a_lost_session_is_taken_up_again()
    {
        await using var server = new BannerServer(Ssh);
        var runner = new ScriptedRunner(
            ScriptedRunner.Fails(255, "lab@127.0.0.1: Permission denied (publickey)."),
            ScriptedRunner.Fails(255, "System is booting up. See pam_nologin(8)"),
            ScriptedRunner.Prints("@qemulab login\n@qemulab stage init 1"),
            ScriptedRunner.Prints("@qemulab login\n" + Done));

        Assert.Null(await WaitAsync(server, runner));

        Assert.Equal(4, runner.Asked.Count);
        Assert.Equal("Banner Login Login(cloud-init: init) Ready", updates.ToString());
    }

    [Theory]
    [InlineData("Host key verification failed.", "something else answers on this port")]
    [InlineData("lab@127.0.0.1: Permission denied (publickey).", "cloud-init did not make the user")]
    [InlineData("System is booting up. pam_nologin(8)", "systemd has not finished")]
    [InlineData("Connection reset by 127.0.0.1 port 1", "no session comes about")]
    public async Task A_login_that_never_works_is_explained_by_its_last_words(string error, string hint)
    {
        await using var server = new BannerServer(Ssh);
        File.WriteAllText(folder.File("serial.log"), "\u001b[0mBooting\r\nlogin:\r\n");

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Fails(255, error)), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(5) });

        Assert.Equal((ErrorKind.TimedOut, "not-ready-in-time", BootPhase.Banner), (fault!.Kind, fault.Code, fault.Reached));
        Assert.Contains($"while waiting for a login\nthe last login said: {error}\nits serial console ends with:\n  Booting\n  login:", fault.Message, StringComparison.Ordinal);
        Assert.Contains(hint, fault.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_serial_console_that_goes_on_holds_the_wait_open_until_the_hard_limit()
    {
        await using var server = new BannerServer(null);
        var options = new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(30) };

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("")), options, each: i =>
        {
            if (i % 20 == 0)
            {
                File.AppendAllText(folder.File("serial.log"), $"line {i}\n");
            }
        });

        Assert.StartsWith("vm is not ready after 30 s: it had 30 s, while waiting for the SSH server's banner", fault!.Message, StringComparison.Ordinal);
        Assert.Equal(BootPhase.Console, fault.Reached);
    }

    [Fact]
    public async Task A_failed_cloud_init_is_a_failure_with_its_first_error_and_the_line_that_explains_it()
    {
        await using var server = new BannerServer(Ssh);
        var runner = new ScriptedRunner(ScriptedRunner.Prints(
            "@qemulab login\n@qemulab result /run\n{\"v1\": {\"errors\": [\"scripts_user failed\", \"b\"]}}\n@qemulab status /run\n@qemulab output\nrunning\nfrobnicate: not found\n2024-01-01 - util.py[WARNING]: Failed\n\n@qemulab end"));

        ReadinessException? fault = await WaitAsync(server, runner);

        Assert.Equal((ErrorKind.Failed, "cloud-init-failed"), (fault!.Kind, fault.Code));
        Assert.Equal("vm: cloud-init failed: scripts_user failed (and 1 more)\nits output says: frobnicate: not found", fault.Message);
        Assert.Contains("qemulab logs vm", fault.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not installed")]
    [InlineData("disabled")]
    public async Task A_guest_without_cloud_init_is_ready_by_its_login(string reason)
    {
        await using var server = new BannerServer(Ssh);

        Assert.Null(await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints($"@qemulab login\n@qemulab without {reason}\n@qemulab end"))));

        Assert.EndsWith($"Ready(cloud-init is {reason} in this guest: ready by its login)", updates.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stages_of_a_boot_are_told_as_the_console_and_the_session_show_them()
    {
        await using var server = new BannerServer(null);
        File.WriteAllText(folder.File("serial.log"), "Linux version of an earlier boot\n");
        var runner = new ScriptedRunner(ScriptedRunner.Fails(255, "lab@127.0.0.1: Permission denied (publickey)."), ScriptedRunner.Prints("@qemulab login\n@qemulab stage modules-final 99\n" + Done));
        Boot boot = Boot.Begin(BootOrigin.Start, 7, time.GetUtcNow(), time.GetUtcNow(), SerialTail.Length(folder.File("serial.log")));

        Assert.Null(await WaitAsync(server, runner, boot: boot, each: i =>
        {
            if (i is 20 or 40)
            {
                File.AppendAllText(folder.File("serial.log"), i == 20 ? "[    0.000000] Linux ver" : "sion 6.1\n[    1.000000] Run /init as init process\n");
            }

            server.Banner = i > 80 ? Ssh : null;
        }));

        Assert.Equal("Console Console(kernel) Console(initramfs) Banner Login Login(cloud-init: modules-final) Ready", string.Join(' ', updates.ToString().Split(' ').Distinct()));
        Assert.Equal([BootStage.Process, BootStage.Kernel, BootStage.Initramfs, BootStage.Sshd, BootStage.Login, BootStage.CloudInitFinal], updates.Boot!.Marks.Select(mark => mark.Stage));
        Assert.Null(updates.Boot.LoginFailure);
    }

    [Fact]
    public async Task A_guest_that_has_met_its_end_is_not_waited_for()
    {
        await using var server = new BannerServer(null);
        File.WriteAllText(folder.File("serial.log"), "[    5.535263] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n");
        DateTimeOffset begun = time.GetUtcNow();

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("")), boot: Boot.Begin(BootOrigin.Start, 7, begun, begun, 0));

        Assert.Equal((ErrorKind.Failed, "kernel-panic-no-root", BootPhase.Console), (fault!.Kind, fault.Code, fault.Reached));
        Assert.Equal("vm does not become ready: the kernel found no root file system\n  [    5.535263] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)", fault.Message);
        Assert.InRange((time.GetUtcNow() - begun).TotalSeconds, 10, 15);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_tells_the_cause()
    {
        await using var server = new BannerServer(null);
        File.WriteAllText(folder.File("serial.log"), "Debian GNU/Linux 12 vm ttyS0\n\nvm login: ");
        DateTimeOffset begun = time.GetUtcNow();

        ReadinessException? fault = await WaitAsync(server, new ScriptedRunner(ScriptedRunner.Prints("")), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(20) }, boot: Boot.Begin(BootOrigin.Start, 7, begun, begun, 0));

        Assert.EndsWith("why: it is up as far as a login on the console, and no SSH server answers (no-ssh)\n  vm login:", fault!.Message, StringComparison.Ordinal);
        Assert.Contains("is one in the image", fault.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_wait_ends_at_once()
    {
        await using var server = new BannerServer(null);
        using var stop = new CancellationTokenSource();
        var target = new ReadinessTarget { Machine = "vm", SshConfigPath = "cfg", Server = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port), SerialLogPath = folder.File("serial.log") };
        Task wait = new SshReadiness(new ScriptedRunner(ScriptedRunner.Prints("")), time).WaitAsync(target, new ReadinessOptions(), updates, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(10)));
    }
}
