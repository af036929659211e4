using System.Net.Sockets;
using System.Text;
using QemuLab.Engine;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Stages;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Stages;

public sealed class ConsoleKeyboardTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();

    private string Console => folder.File("box.con");

    private ConsoleKeyboard Keyboard => new(Console, TimeProvider.System);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_is_typed_arrives_whole_and_what_the_guest_says_meanwhile_is_no_obstacle()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789\r", 50_000));
        Task<string> heard = ListenAsync(echo: true);
        bool isBegun = false;

        await Keyboard.TypeAsync(text, () => isBegun = true, _ => Assert.Fail("nobody sits there"), TestContext.Current.CancellationToken);

        Assert.True(isBegun);
        Assert.Equal(text, await heard);
        using ConsoleSeat? free = ConsoleSeat.TryTake(Console);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task Who_sits_there_is_waited_for_and_is_not_asked_to_leave()
    {
        Task<string> heard = ListenAsync(echo: false);
        ConsoleSeat person = ConsoleSeat.TryTake(Console)!;
        var waits = new TaskCompletionSource<int?>();
        bool isBegun = false;

        Task typing = Keyboard.TypeAsync("root\r", () => isBegun = true, who => waits.SetResult(who), TestContext.Current.CancellationToken);
        Assert.Equal(Environment.ProcessId, await waits.Task);
        Assert.False(isBegun);
        person.Dispose();
        await typing;

        Assert.Equal("root\r", await heard);
    }

    [Fact]
    public void A_seat_that_is_left_at_once_does_not_say_whose_it_is_so_that_nobody_ends_the_daemon_for_it()
    {
        using ConsoleSeat? seat = ConsoleSeat.TryTake(Console, isForMoment: true);

        Assert.NotNull(seat);
        Assert.Null(ConsoleSeat.Holder(Console));
        Assert.Null(ConsoleSeat.TryTake(Console));
    }

    [Fact]
    public async Task A_console_that_is_not_there_is_told_as_that_and_nothing_counts_as_sent()
    {
        QemuLabException gone = await Assert.ThrowsAsync<QemuLabException>(() => Keyboard.TypeAsync("x", () => Assert.Fail("begun"), _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal("console-gone", gone.Code);
    }

    /// <summary>As QEMU does it: reads until its client has no more to say, and hangs up then.</summary>
    private async Task<string> ListenAsync(bool echo)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Console));
        listener.Listen(1);
        using Socket client = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var heard = new StringBuilder();
        byte[] buffer = new byte[4096];
        for (int count; (count = await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
        {
            heard.Append(Encoding.UTF8.GetString(buffer, 0, count));
            await (echo ? client.SendAsync(buffer.AsMemory(0, count), TestContext.Current.CancellationToken).AsTask() : Task.CompletedTask);
        }

        return heard.ToString();
    }
}
