using System.Net.Sockets;
using System.Text;
using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>The real daemon under the parts of systemd that a test can play: a notification socket, and a socket to start it by.</summary>
public class SupervisedDaemonTests
{
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Systemd_is_told_when_it_is_ready_that_it_lives_and_when_it_ends()
    {
        using var qemulab = new Qemulab();
        using Socket systemd = Listen(qemulab, "notify");
        Command daemon = qemulab.Describe(Qemulab.Program, "daemon");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<CommandResult> runs = new CommandRunner().RunAsync(With(daemon, ("NOTIFY_SOCKET", Path.Combine(qemulab.Folder, "notify")), ("WATCHDOG_USEC", "4000000")), end.Token);
        try
        {
            Assert.Equal("READY=1", await ReceiveAsync(systemd));
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd));
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd));
            int pid = (await qemulab.DaemonPidAsync())!.Value;

            Assert.Equal(0, (await qemulab.RunAsync("daemon", "stop")).ExitCode);
            string last;
            do
            {
                last = await ReceiveAsync(systemd);
            }
            while (last == "WATCHDOG=1");

            Assert.Equal("STOPPING=1", last);
            Assert.Equal(0, (await runs).ExitCode);
            Assert.Null(ProcessIdentity.Of(pid));
        }
        finally
        {
            await end.CancelAsync();
            await ((Task)runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_that_takes_connections_and_answers_none_is_no_sign_of_life()
    {
        using var folder = new TemporaryDirectory();
        using Socket deaf = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(folder.File("deaf")));
        deaf.Listen();
        using HttpClient client = Watchdog.ClientOf(folder.File("deaf"), TimeSpan.FromMilliseconds(200)), nobody = Watchdog.ClientOf(folder.File("nobody"), TimeSpan.FromSeconds(10));

        Assert.False(await Watchdog.AnswersAsync(client, CancellationToken.None));
        Assert.False(await Watchdog.AnswersAsync(nobody, CancellationToken.None));
    }

    [Fact(Timeout = Limit)]
    public async Task The_first_command_starts_it_through_the_socket_that_systemd_holds()
    {
        using var qemulab = new Qemulab();
        await using var socket = await ActivatedSocket.ListenAsync(qemulab);

        // Nothing that only asks starts it.
        Assert.Equal(3, (await qemulab.RunAsync("daemon", "status")).ExitCode);
        Assert.Equal("no daemon was running", (await qemulab.RunAsync("daemon", "stop")).Error.Trim()["note: ".Length..]);
        CommandResult list = await qemulab.RunAsync("list", "--json");

        Assert.Equal((0, "[]", ""), (list.ExitCode, list.Output.Trim(), list.Error));
        Assert.Equal(socket.ProcessId, await qemulab.DaemonPidAsync());
        CommandResult second = await qemulab.RunAsync("daemon");
        Assert.Equal(6, second.ExitCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Its_end_leaves_the_socket_to_systemd()
    {
        using var qemulab = new Qemulab();
        await using var socket = await ActivatedSocket.ListenAsync(qemulab);
        await qemulab.RunAsync("list");

        CommandResult stop = await qemulab.RunAsync("daemon", "stop");

        Assert.Equal(0, stop.ExitCode);
        Assert.Contains("qemulab service uninstall", stop.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(qemulab.Paths.DaemonSocket));
    }

    [Fact(Timeout = Limit)]
    public async Task A_daemon_by_hand_does_not_take_the_path_from_systemd()
    {
        using var qemulab = new Qemulab();
        Directory.CreateDirectory(qemulab.Paths.Home);
        using Socket systemd = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(qemulab.Paths.DaemonSocket));
        systemd.Listen();

        CommandResult byHand = await qemulab.RunAsync("daemon");

        Assert.Equal(6, byHand.ExitCode);
        Assert.Contains("systemd listens at", byHand.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_of_another_home_is_refused()
    {
        using var qemulab = new Qemulab();
        await using var socket = await ActivatedSocket.ListenAsync(qemulab, Path.Combine(qemulab.Folder, "elsewhere.sock"));
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(socket.Path), TestContext.Current.CancellationToken);

        CommandResult daemon = await socket.EndAsync();

        Assert.Equal(2, daemon.ExitCode);
        Assert.Contains("systemd listens elsewhere", daemon.Error, StringComparison.Ordinal);
    }

    private static Socket Listen(Qemulab qemulab, string name)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(qemulab.Folder, name)));
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] datagram = new byte[200];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        return Encoding.UTF8.GetString(datagram, 0, await socket.ReceiveAsync(datagram, limit.Token));
    }

    private static Command With(Command command, params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string?>(command.Environment);
        foreach ((string name, string value) in variables)
        {
            environment[name] = value;
        }

        return command with { Environment = environment };
    }
}
