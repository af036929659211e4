using System.Net.Sockets;
using System.Text;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>A daemon that dies while it is asked, played by a socket.</summary>
public class DaemonClientTests
{
    private const string Version = """{ "version": "0.1.0", "build": "b", "processId": 1, "home": "/h", "startedAt": "2026-01-01T00:00:00Z" }""";

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{ \"version\"")]
    public async Task A_read_that_the_daemons_end_cut_short_is_asked_of_the_next_one(string cut)
    {
        using var folder = new TemporaryDirectory();
        using Socket socket = Listen(folder);
        Task answers = AnswerAsync(socket, cut, $"HTTP/1.1 200 OK\r\nContent-Length: {Version.Length}\r\n\r\n{Version}");
        int revived = 0;

        VersionView version = new DaemonClient(PathIn(folder), () => revived++).Get<VersionView>("/v1/version");

        Assert.Equal("0.1.0", version.Version);
        Assert.Equal(1, revived);
        await answers;
    }

    [Fact]
    public async Task Where_nobody_brings_it_up_again_the_daemon_is_told_to_be_unreachable()
    {
        using var folder = new TemporaryDirectory();
        using Socket socket = Listen(folder);
        Task answers = AnswerAsync(socket, "");

        var error = Assert.Throws<QemuLabException>(() => new DaemonClient(PathIn(folder)).Get<VersionView>("/v1/version"));

        Assert.Equal("daemon-unreachable", error.Code);
        await answers;
    }

    [Fact]
    public async Task What_changes_something_is_sent_once()
    {
        using var folder = new TemporaryDirectory();
        using Socket socket = Listen(folder);
        Task answers = AnswerAsync(socket, "");

        Assert.Throws<QemuLabException>(() => new DaemonClient(PathIn(folder), () => Assert.Fail("brought up again")).Do("POST", "/v1/shutdown"));

        await answers;
    }

    private static string PathIn(TemporaryDirectory folder) => Path.Combine(folder.Path, "daemon.sock");

    private static Socket Listen(TemporaryDirectory folder)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(PathIn(folder)));
        socket.Listen();
        return socket;
    }

    /// <summary>One connection for each answer, closed after it.</summary>
    private static async Task AnswerAsync(Socket socket, params string[] answers)
    {
        foreach (string answer in answers)
        {
            using Socket client = await socket.AcceptAsync();
            await client.ReceiveAsync(new byte[4096]);
            await client.SendAsync(Encoding.UTF8.GetBytes(answer));
        }
    }
}
