using System.Net.Sockets;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qmp;

public sealed class QmpConnectTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_socket_that_is_not_there_is_an_unreachable_QEMU()
    {
        var error = await Assert.ThrowsAsync<QemuLabException>(() => QmpClient.ConnectAsync("/nonexistent/x.qmp", Patience));

        Assert.Equal("qmp-unreachable", error.Code);
        Assert.Equal("no QEMU listens at /nonexistent/x.qmp", error.Message);
    }

    [Fact]
    public async Task A_socket_file_of_a_dead_QEMU_is_an_unreachable_QEMU()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("dead.qmp");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + "2");
        }

        var error = await Assert.ThrowsAsync<QemuLabException>(() => QmpClient.ConnectAsync(path + "2", Patience));

        Assert.Equal("qmp-unreachable", error.Code);
    }

    [Fact]
    public async Task A_QEMU_that_does_not_greet_is_given_up_in_time()
    {
        await using var server = new ScriptedQmpServer(qemu => qemu.SilenceAsync());

        var error = await Assert.ThrowsAsync<QemuLabException>(() => QmpClient.ConnectAsync(server.SocketPath, TimeSpan.FromMilliseconds(100)));

        Assert.Equal(ErrorKind.TimedOut, error.Kind);
        Assert.Contains("one client at a time", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_QEMU_that_greets_and_does_not_answer_is_told_from_one_that_does_not_greet()
    {
        await using var server = new ScriptedQmpServer(async qemu =>
        {
            await qemu.SendAsync(ScriptedQmpServer.Greeting + "\r\n");
            await qemu.SilenceAsync();
        });

        var error = await Assert.ThrowsAsync<QemuLabException>(() => QmpClient.ConnectAsync(server.SocketPath, TimeSpan.FromMilliseconds(500)));

        Assert.Equal("qmp-timeout", error.Code);
        Assert.Contains("did not answer qmp_capabilities within 0.5 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_ends_before_the_greeting_fails()
    {
        await using var server = new ScriptedQmpServer(_ => Task.CompletedTask);

        var error = await Assert.ThrowsAsync<QemuLabException>(() => QmpClient.ConnectAsync(server.SocketPath, Patience));

        Assert.Equal("qmp-closed", error.Code);
    }

    [Fact]
    public async Task A_caller_can_cancel_the_connecting()
    {
        await using var server = new ScriptedQmpServer(qemu => qemu.SilenceAsync());
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QmpClient.ConnectAsync(server.SocketPath, Patience, cancel.Token));
    }
}
