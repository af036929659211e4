using System.Net.Sockets;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Balancing;

public sealed class TcpBalancerTests : IDisposable
{
    private const int Limit = 30_000;

    private readonly BalancedHost host = new(TransportProtocol.Tcp);

    public void Dispose() => host.Dispose();

    [Fact(Timeout = Limit)]
    public async Task Each_connection_goes_to_the_next_machine() =>
        Assert.Equal(["web0", "web1", "web2", "web0", "web1", "web2"], await host.NamesAsync(6));

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task Bytes_go_both_ways_and_a_client_that_has_said_all_still_hears_the_answer(int bytes) =>
        Assert.Equal($"web0 {bytes}", await host.AskAsync(bytes));

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_refuses_is_passed_over_and_its_turns_are_shared()
    {
        host.Guests[0].Does = FakeGuest.Mood.Refuses;

        Assert.Equal(["web1", "web2", "web1", "web2"], await host.NamesAsync(4));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_does_not_run_is_not_even_asked()
    {
        host.Dead.Add("web1");

        Assert.Equal(["web0", "web2", "web0", "web2"], await host.NamesAsync(4));
        Assert.Equal(0, host.Guests[1].Asked);
    }

    [Fact(Timeout = Limit)]
    public async Task A_silent_machine_gives_way_to_the_next_and_is_left_alone_for_a_while()
    {
        host.Guests[0].Does = FakeGuest.Mood.IsSilent;
        Task<string> answer = host.AskAsync();
        while (host.Clock.Waiting == 0)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("web1 3", await answer);
        int asked = host.Guests[0].Asked;
        Assert.DoesNotContain("web0", await host.NamesAsync(4));
        Assert.Equal(asked, host.Guests[0].Asked);

        host.Guests[0].Does = FakeGuest.Mood.Accepts;
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("web0", await host.NamesAsync(3));
    }

    [Fact(Timeout = Limit)]
    public async Task Where_none_accepts_the_client_sees_a_reset()
    {
        host.Guests[0].Does = host.Guests[1].Does = FakeGuest.Mood.Refuses;
        host.Dead.Add("web2");

        // It may come while the client still connects, or later while it reads.
        Exception reset = await Assert.ThrowsAnyAsync<Exception>(() => host.AskAsync());
        Assert.Equal(SocketError.ConnectionReset, (reset as SocketException ?? reset.InnerException as SocketException)?.SocketErrorCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Nothing_of_a_client_is_read_before_a_machine_has_accepted()
    {
        host.Guests[0].Does = FakeGuest.Mood.Refuses;

        Assert.Equal("web1 100000", await host.AskAsync(100_000));
        Assert.Equal(1, host.Guests[0].Asked);
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_open_to_a_machine_that_is_taken_away_breaks_and_the_others_go_on()
    {
        using TcpClient first = await host.ConnectAsync();
        Assert.Equal((byte)'w', first.GetStream().ReadByte());
        using TcpClient second = await host.ConnectAsync();
        Assert.Equal((byte)'w', second.GetStream().ReadByte());

        host.Publish(host.Guests[1], host.Guests[2]);

        byte[] rest = new byte[100];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await first.GetStream().ReadAsync(rest, TestContext.Current.CancellationToken) > 0)
            {
            }
        });
        Assert.Equal("eb1 3", await BalancedHost.AskAsync(second));
        Assert.DoesNotContain("web0", await host.NamesAsync(4));
    }
}
