using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>A socket that is misused: too many connections, bodies without end, requests that are none. Each gets an answer or is closed, and the daemon goes on.</summary>
public sealed class SocketLoadTests
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {} }\n";

    /// <summary>A daemon that may have so many files takes 16 connections, the least there is.</summary>
    private static readonly ProcessLimits Few = new(64, 0, 10_000);

    [Fact]
    public async Task Idle_connections_give_way_to_new_ones_the_oldest_first()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab, new FakeLab { Host = Fakes.Hosts.ByName["linux-x64-kvm"] with { Limits = Few } });
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                idle.Add(Connect(daemon));
            }

            for (int i = 0; i < 20; i++)
            {
                Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(daemon, "GET /v1/machines HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
            }

            Assert.True(await IsClosedAsync(idle[0]));
            Assert.True(await IsClosedAsync(idle[150]));
            Assert.Equal(0, (await daemon.RunAsync("list")).ExitCode);
            Assert.Equal(0, (await daemon.RunAsync("restart", "a")).ExitCode);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Where_all_connections_are_in_use_one_more_is_told_so_and_has_its_place_when_one_ends()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab, new FakeLab { Host = Fakes.Hosts.ByName["linux-x64-kvm"] with { Limits = Few } });
        List<Socket> followers = [];
        try
        {
            for (int i = 0; i < 16; i++)
            {
                Socket follower = Connect(daemon);
                followers.Add(follower);
                await follower.SendAsync("GET /v1/events HTTP/1.1\r\nHost: q\r\n\r\n"u8.ToArray());
                Assert.StartsWith("HTTP/1.1 200 ", await ReceiveAsync(follower), StringComparison.Ordinal);
            }

            string refused = await AskAsync(daemon, "GET /v1/machines HTTP/1.1\r\nHost: q\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 503 ", refused, StringComparison.Ordinal);
            Assert.Contains("\"code\":\"too-many-connections\"", refused, StringComparison.Ordinal);
            CommandResult list = await daemon.RunAsync("list");
            Assert.Equal((6, "error: the daemon has 16 connections, all of them in use [QL0220]"), (list.ExitCode, list.Error.Split('\n')[0]));

            followers[0].Dispose();
            CommandResult? now = null;
            await UntilAsync(async () => (now = await daemon.RunAsync("list")).ExitCode == 0);
            Assert.Contains("a ", now!.Output, StringComparison.Ordinal);
        }
        finally
        {
            followers.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData(64, 16)]
    [InlineData(1024, 256)]
    [InlineData(20_000, 1024)]
    [InlineData(int.MaxValue, 1024)]
    public void A_quarter_of_the_open_files_may_be_connections(int files, int connections) => Assert.Equal(connections, ConnectionLimit.For(new ProcessLimits(files, 0, 0)).Limit);

    [Theory]
    [InlineData("\u0000\u0001\u0002\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("hello\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /v1/machines\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /v1/machines HTTP/9.9\r\nHost: q\r\n\r\n", "HTTP/1.1 505 ")]
    [InlineData("GET /v1/machines HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /v1/ma\u0000chines HTTP/1.1\r\nHost: q\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Length: many\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Type: application/json\r\nContent-Length: 17000000\r\n\r\n{", "HTTP/1.1 413 ")]
    [InlineData("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 415 ")]
    public async Task A_request_that_is_none_gets_an_answer(string request, string answer)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        string got = await AskAsync(daemon, request);
        Assert.StartsWith(answer, got, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(daemon, "GET /v1/machines HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_without_end_is_refused()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync(daemon, $"GET /v1/machines HTTP/1.1\r\nHost: q\r\nX: {new string('x', 60_000)}\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 414 ", await AskAsync(daemon, $"GET /v1/{new string('x', 60_000)} HTTP/1.1\r\nHost: q\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_a_byte_a_second_is_not_waited_for_and_nobody_else_notices()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using Socket slow = Connect(daemon);
        await slow.SendAsync("POST /v1/plans HTTP/1.1\r\nHost: q\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"u8.ToArray());
        using var end = new CancellationTokenSource();
        Task drip = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), end.Token);
                await slow.SendAsync(" "u8.ToArray());
            }
        });

        Assert.Equal(0, (await daemon.RunAsync("list")).ExitCode);
        string answer = await ReceiveAsync(slow, TimeSpan.FromSeconds(60));
        await end.CancelAsync();
        await drip.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("request-too-slow", answer, StringComparison.Ordinal);
    }

    private static Socket Connect(FakeDaemon daemon)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(daemon.Lab.Paths.DaemonSocket));
        return socket;
    }

    private static async Task<string> AskAsync(FakeDaemon daemon, string request)
    {
        using Socket socket = Connect(daemon);
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        try
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent));
            }
        }
        catch (SocketException)
        {
            // Refused before all of it was there; the answer tells.
        }

        return await ReceiveAsync(socket);
    }

    /// <summary>All that comes within a moment after the first of it.</summary>
    private static async Task<string> ReceiveAsync(Socket socket, TimeSpan? limit = null)
    {
        byte[] buffer = new byte[64 * 1024];
        using var end = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(20));
        int got = await socket.ReceiveAsync(buffer.AsMemory(), end.Token);
        using var rest = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            for (int more = got; more > 0; got += more)
            {
                more = await socket.ReceiveAsync(buffer.AsMemory(got), rest.Token);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            // A connection that is kept.
        }

        return Encoding.Latin1.GetString(buffer, 0, got);
    }

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            return await socket.ReceiveAsync(new byte[1].AsMemory(), limit.Token) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (long began = Stopwatch.GetTimestamp(); !await condition();)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "it does not come");
        }
    }
}
