using System.Diagnostics;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Ssh;

namespace QemuLab.Integration.Tests.Ssh;

/// <summary>OpenSSH's client, with the files that QemuLab writes, against OpenSSH's server. Needs openssh-client and openssh-server: <c>make deps</c>.</summary>
public sealed class SshServerTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_login_works_without_a_question_even_from_a_home_with_spaces()
    {
        await using TestSshServer server = await TestSshServer.StartAsync("ql ssh %h ");
        await server.ReadyAsync();

        Assert.Equal(new CommandResult(0, "hello\n", "", TimedOut: false), await server.RunAsync("echo hello"));
        Assert.Equal("yes", (await server.Runner.RunAsync(new Command("ssh", "-F", server.Config, "demo/box", "printf yes"))).Output);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("printf", "%s\\n", "a b", "c")]
    [InlineData("printf", "%s\\n", "", "it's", "\"x\"", "$HOME", "`id`", "$(id)", "a;b", "*", "~", "!", "\\", "-n")]
    [InlineData("printf", "%s\\n", "two\nlines", "tab\t", "ü")]
    public async Task Arguments_arrive_as_they_were_given(params string[] words)
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();

        CommandResult result = await server.RunAsync(words);

        Assert.Equal(string.Concat(words.Skip(2).Select(word => word + "\n")), result.Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_single_word_is_a_line_for_the_shell_and_exit_codes_come_through()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();

        Assert.Equal("/\n", (await server.RunAsync("cd / && pwd")).Output);
        Assert.Equal(7, (await server.RunAsync("exit 7")).ExitCode);
        Assert.Equal(3, (await server.RunAsync("sh", "-c", "exit 3")).ExitCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_session_that_proved_readiness_is_shared_and_can_be_closed()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();
        Assert.True(File.Exists(server.Machine.Directory.SshMaster));

        // Port 1 answers nobody: what comes back has come through the shared connection.
        CommandResult shared = await server.Runner.RunAsync(new Command("ssh", "-F", server.Config, "-o", "Port=1", "box", "echo shared"));
        await SshCommand.CloseMasterAsync(server.Config, server.Machine, server.Runner);

        Assert.Equal("shared\n", shared.Output);
        // The master says that it goes before it has gone.
        Assert.True(SpinWait.SpinUntil(() => !File.Exists(server.Machine.Directory.SshMaster), TimeSpan.FromSeconds(5)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_host_key_is_refused_and_told_as_such()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        server.StopServer();
        File.Delete(server.Machine.Directory.HostKey);
        await server.Files.HostKeyAsync(server.Machine);
        server.StartServer();

        var readiness = new SshReadiness(server.Runner, TimeProvider.System);
        ReadinessException fault = await Assert.ThrowsAsync<ReadinessException>(() =>
            readiness.WaitAsync(ReadinessTarget.For(server.Machine, server.Paths), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(3) }));

        Assert.Equal(ErrorKind.TimedOut, fault.Kind);
        Assert.Contains("Host key verification failed", fault.Message, StringComparison.Ordinal);
        Assert.Equal(255, (await server.RunAsync("true")).ExitCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_key_that_is_not_let_in_is_told_as_such()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await File.WriteAllTextAsync(server.In("authorized_keys"), "");

        var readiness = new SshReadiness(server.Runner, TimeProvider.System);
        ReadinessException fault = await Assert.ThrowsAsync<ReadinessException>(() =>
            readiness.WaitAsync(ReadinessTarget.For(server.Machine, server.Paths), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(3) }));

        Assert.Contains("Permission denied (publickey)", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stale_shared_connection_does_not_stand_in_the_way()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();
        server.StopServer();
        server.StartServer();

        var watch = Stopwatch.StartNew();
        await server.ReadyAsync();

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
        Assert.Equal("x\n", (await server.RunAsync("echo x")).Output);
    }
}
