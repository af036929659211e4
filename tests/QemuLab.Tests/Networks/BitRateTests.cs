using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class BitRateTests
{
    [Theory]
    [InlineData("10mbit", 10_000_000, "10mbit")]
    [InlineData("1.5Mbit", 1_500_000, "1.5mbit")]
    [InlineData("512kbit", 512_000, "512kbit")]
    [InlineData("1gbit", 1_000_000_000, "1gbit")]
    [InlineData("9600bit", 9_600, "9.6kbit")]
    public void A_rate(string text, long bits, string shown)
    {
        Assert.True(BitRate.TryParse(text, out long parsed));
        Assert.Equal((bits, shown), (parsed, BitRate.Text(parsed)));
    }

    [Theory]
    [InlineData("10")]
    [InlineData("mbit")]
    [InlineData("-1mbit")]
    [InlineData("1bit")]
    [InlineData("1000gbit")]
    [InlineData("10 mbps")]
    [InlineData(null)]
    public void No_rate(string? text) => Assert.False(BitRate.TryParse(text, out _));
}
