using System.Net.Sockets;
using System.Text;
using QemuLab.Commands;
using QemuLab.Engine.Hosts;
using QemuLab.Output;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>A daemon of another build, played by a socket that gives one answer.</summary>
public class DaemonAccessTests
{
    [Fact]
    public async Task A_service_of_another_program_is_told_and_left_alone()
    {
        using var folder = new TemporaryDirectory();
        var paths = new StatePaths(folder.Path);
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(paths.DaemonSocket));
        socket.Listen();
        Task<string> asked = AnswerAsync(socket, """{ "version": "0.1.0", "build": "another", "processId": 1, "home": "/h", "startedAt": "2026-01-01T00:00:00Z", "serviceProgram": "/opt/old/qemulab" }""");
        using var errors = new StringWriter();

        DaemonAccess.Ensure(paths, new Terminal(TextWriter.Null, errors, null, Live: false));

        Assert.StartsWith("GET /v1/version ", await asked, StringComparison.Ordinal);
        Assert.Equal("note: the daemon is of another build, which systemd starts: /opt/old/qemulab; to have this one: qemulab service install", errors.ToString().Trim());
        Assert.False(socket.Poll(0, SelectMode.SelectRead));
    }

    private static async Task<string> AnswerAsync(Socket socket, string body)
    {
        using Socket client = await socket.AcceptAsync();
        byte[] request = new byte[4096];
        int count = await client.ReceiveAsync(request);
        await client.SendAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}"));
        return Encoding.ASCII.GetString(request, 0, count);
    }
}
