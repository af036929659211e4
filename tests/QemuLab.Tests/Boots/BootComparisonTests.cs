using QemuLab.Engine.Boots;

namespace QemuLab.Tests.Boots;

public sealed class BootComparisonTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static Boot Ready(double kernel, double init, BootOrigin origin = BootOrigin.Start) => Boot.Begin(origin, 7, Start, Start, 0)
        .Reach(BootStage.Kernel, Start.AddSeconds(1))
        .Reach(BootStage.Init, Start.AddSeconds(1 + kernel))
        .Finish(BootEnd.Ready, Start.AddSeconds(1 + kernel + init));

    [Fact]
    public void What_takes_clearly_longer_than_the_median_is_told_and_the_whole_last()
    {
        Assert.Equal(
            [new BootSlowdown(BootStage.Init, 20, 4), new BootSlowdown(BootStage.Ready, 24, 8)],
            BootComparison.Slower([Ready(3, 4), Ready(3, 4), Ready(3, 90), Ready(3, 4), Ready(3, 20)]));
    }

    [Theory]
    [InlineData(4, 5.9)] // not 1.5 times
    [InlineData(1, 2.9)] // not 2 s
    [InlineData(4, 2)]
    public void What_may_be_chance_is_not(double before, double now) =>
        Assert.Empty(BootComparison.Slower([Ready(3, before), Ready(3, before), Ready(3, now)]));

    [Fact]
    public void Only_ready_boots_of_the_same_origin_are_compared_and_one_is_no_measure()
    {
        Boot failed = Ready(3, 4) with { End = BootEnd.NotReady };

        Assert.Empty(BootComparison.Slower([]));
        Assert.Empty(BootComparison.Slower([Ready(3, 4), Ready(3, 40)]));
        Assert.Empty(BootComparison.Slower([Ready(3, 4), failed, Ready(3, 40)]));
        Assert.Empty(BootComparison.Slower([Ready(3, 4), Ready(3, 4, BootOrigin.Reset), Ready(3, 40)]));
        Assert.Empty(BootComparison.Slower([Ready(3, 4), Ready(3, 4), Ready(3, 40) with { End = BootEnd.NotReady }]));
    }
}
