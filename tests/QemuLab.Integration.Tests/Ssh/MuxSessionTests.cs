using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using QemuLab.Engine.Ssh;

namespace QemuLab.Integration.Tests.Ssh;

/// <summary>Sessions over the connection that OpenSSH's own client keeps open, against OpenSSH's server.</summary>
public sealed class MuxSessionTests
{
    private sealed record Outcome(int? Code, string Output, string Error);

    [Fact(Timeout = 120_000)]
    public async Task A_command_has_its_three_streams_and_its_code_comes_back()
    {
        await using TestSshServer server = await TestSshServer.StartAsync("ql mux %h ");
        await server.ReadyAsync();

        Assert.Equal(new Outcome(0, "hello\n", ""), await RunAsync(server, "echo hello"));
        Assert.Equal(new Outcome(3, "out\n", "err\n"), await RunAsync(server, "echo out; echo err >&2; exit 3"));
        Assert.Equal(new Outcome(0, "from here\n", ""), await RunAsync(server, "cat", "from here\n"));
        Assert.Equal(new Outcome(0, "a b\n$HOME\n", ""), await RunAsync(server, SshCommand.Line(["printf", "%s\\n", "a b", "$HOME"])));
        Assert.Equal(255, (await RunAsync(server, "exit 255")).Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task All_that_is_written_has_come_when_the_session_ends()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();

        Outcome outcome = await RunAsync(server, "head -c 5000000 /dev/zero | tr '\\0' x");

        Assert.Equal((0, 5_000_000), (outcome.Code, outcome.Output.Length));
    }

    [Fact(Timeout = 120_000)]
    public async Task Many_go_at_the_same_time()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();

        Outcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(number => RunAsync(server, $"echo {number}; exit {number}")));

        Assert.Equal(Enumerable.Range(0, 30).Select(number => new Outcome(number, $"{number}\n", "")), outcomes);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_a_signal_ends_has_no_code()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();

        Assert.Null((await RunAsync(server, "kill -KILL $$")).Code);
        Assert.Equal(0, (await RunAsync(server, "true")).Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_whose_connection_ends_has_no_code()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();
        string begun = server.In("begun");
        Task<Outcome> running = RunAsync(server, $"touch '{begun}'; sleep 60");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(begun), TimeSpan.FromSeconds(20)));

        await SshCommand.CloseMasterAsync(server.Config, server.Machine, server.Runner);

        Assert.Null((await running).Code);
        Assert.Null(MuxSession.Open(server.Machine.Directory.SshMaster, "true", Input(), Input(), Input()));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_ended_here_has_no_input_there()
    {
        await using TestSshServer server = await TestSshServer.StartAsync();
        await server.ReadyAsync();
        string ended = server.In("ended");
        using var input = new AnonymousPipeServerStream(PipeDirection.Out);
        using MuxSession? session = MuxSession.Open(server.Machine.Directory.SshMaster, $"cat >/dev/null; touch '{ended}'", input.ClientSafePipeHandle, Input(), Input());
        Task<int?> wait = Task.Run(session!.Wait, TestContext.Current.CancellationToken);

        session.Dispose();

        Assert.Null(await wait);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(ended), TimeSpan.FromSeconds(20)));
    }

    private static SafeFileHandle Input() => File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private static async Task<Outcome> RunAsync(TestSshServer server, string line, string typed = "")
    {
        using var input = new AnonymousPipeServerStream(PipeDirection.Out);
        using var output = new AnonymousPipeServerStream(PipeDirection.In);
        using var error = new AnonymousPipeServerStream(PipeDirection.In);
        using MuxSession? session = MuxSession.Open(server.Machine.Directory.SshMaster, line, input.ClientSafePipeHandle, output.ClientSafePipeHandle, error.ClientSafePipeHandle);
        Array.ForEach([input, output, error], pipe => pipe.DisposeLocalCopyOfClientHandle());
        Assert.NotNull(session);
        input.Write(System.Text.Encoding.UTF8.GetBytes(typed));
        input.Dispose();
        Task<string> said = new StreamReader(output).ReadToEndAsync();
        Task<string> complained = new StreamReader(error).ReadToEndAsync();
        int? code = await Task.Factory.StartNew(session.Wait, TaskCreationOptions.LongRunning);
        return new Outcome(code, await said, await complained);
    }
}
