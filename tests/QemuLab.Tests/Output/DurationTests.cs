using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class DurationTests
{
    [Theory]
    [InlineData("30", 30)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5s", 1.5)]
    [InlineData("0", 0)]
    public void Durations_are_read_as_people_write_them(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("5x")]
    [InlineData("m")]
    [InlineData("5s3m")]
    [InlineData("99999999999999999999")]
    [InlineData(null)]
    public void What_is_no_duration_is_refused(string? text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0.4, "0s")]
    [InlineData(59, "59s")]
    [InlineData(192, "3m12s")]
    [InlineData(300, "5m")]
    [InlineData(7500, "2h5m")]
    [InlineData(356400, "4d3h")]
    [InlineData(-3, "0s")]
    public void They_are_shown_by_their_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, Duration.Short(TimeSpan.FromSeconds(seconds)));
}
