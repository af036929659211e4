using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks;

/// <summary>Time is in milliseconds here.</summary>
public sealed class ImpairedLinksTests
{
    private const long Dropped = LinkShaper.Dropped;

    private readonly ImpairedLinks links = new(new ManualTime(), new Random(1));

    private void Set(string name, LinkImpairment link, params MachinePair[] partitions) =>
        links.Set(new NetworkImpairments { Links = new Dictionary<string, LinkImpairment> { [name] = link }, Partitions = partitions });

    private static long Ms(long ticks) => ticks == Dropped ? Dropped : ticks / TimeSpan.TicksPerMillisecond;

    private long Enter(string port, long at = 0, int length = 1500) => Ms(links.Enter(port, at * TimeSpan.TicksPerMillisecond, length));

    private long Leave(string from, string port, long at = 0) => Ms(links.Leave(from, port, at * TimeSpan.TicksPerMillisecond, 1500));

    [Fact]
    public void A_cut_link_lets_nothing_through_and_others_everything()
    {
        Set("one", new LinkImpairment(IsCut: true));
        Assert.Equal((Dropped, Dropped, 0, 0), (Enter("one"), Leave("two", "one"), Enter("two"), Leave("two", "three")));
        Assert.True(links.IsCut("one"));
    }

    [Fact]
    public void A_delay_is_added_each_way()
    {
        Set("one", new LinkImpairment(Delay: TimeSpan.FromMilliseconds(50)));
        Assert.Equal((50, 57), (Enter("one"), Leave("two", "one", 7)));
    }

    [Fact]
    public void Loss_hits_the_share_of_frames_that_was_asked_for()
    {
        Set("one", new LinkImpairment(LossPercent: 25));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => Enter("one") == Dropped), 2_300, 2_700);
        Set("one", new LinkImpairment(LossPercent: 100));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(Dropped, Enter("one")));
    }

    [Fact]
    public void The_same_seed_loses_the_same_frames()
    {
        var again = new ImpairedLinks(new ManualTime(), new Random(1));
        Set("one", new LinkImpairment(LossPercent: 50));
        again.Set(links.Asked);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(links.Enter("one", 0, 1), again.Enter("one", 0, 1)));
    }

    [Fact]
    public void A_rate_spreads_frames_and_drops_what_would_wait_too_long()
    {
        // 12 Mbit/s: a frame of 1500 bytes a millisecond, and 10 ms of burst.
        Set("one", new LinkImpairment(BitsPerSecond: 12_000_000));
        long[] due = [.. Enumerable.Range(0, 400).Select(_ => Enter("one"))];

        Assert.All(due[..10], at => Assert.Equal(0, at));
        Assert.Equal([5, 6, 7], due[15..18]);
        Assert.InRange(due.Count(at => at != Dropped), 205, 215);
        Assert.Equal(1000, Enter("one", at: 1000));
        Assert.Equal(0, Leave("two", "one"));
    }

    [Fact]
    public void A_slow_link_still_carries_whole_frames()
    {
        Set("one", new LinkImpairment(BitsPerSecond: 12_000));
        Assert.Equal([0, 990, 1990], (long[])[Enter("one"), Enter("one"), Enter("one")]);
    }

    [Fact]
    public void A_partition_holds_both_ways_and_only_between_the_two()
    {
        links.Set(new NetworkImpairments { Partitions = [new("one", "two")] });
        Assert.Equal((Dropped, Dropped, 0, 0), (Leave("one", "two"), Leave("two", "one"), Leave("one", "three"), Leave("three", "two")));
    }

    [Fact]
    public void Nothing_asked_for_heals_everything()
    {
        Set("one", new LinkImpairment(IsCut: true), new MachinePair("one", "two"));
        links.Set(NetworkImpairments.None);
        Assert.Equal((false, 0, 0), (links.Any, Enter("one"), Leave("one", "two")));
    }
}
