using QemuLab.Commands;
using QemuLab.Engine;

namespace QemuLab.Tests.Commands;

public sealed class LogSinceTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_is_the_last_start_a_duration_or_a_time()
    {
        Assert.Null(LogSince.Parse(null, Now));
        Assert.Null(LogSince.Parse("boot", Now)!.Time);
        Assert.Equal(Now.AddMinutes(-10), LogSince.Parse("10m", Now)!.Time);
        Assert.Equal(Now.AddHours(-1), LogSince.Parse("2026-01-01T11:00:00Z", Now)!.Time);
        Assert.Equal(new TimeSpan(14, 30, 0), LogSince.Parse("14:30", Now)!.Time!.Value.TimeOfDay);
        Assert.Equal("since-invalid", Assert.Throws<QemuLabException>(() => LogSince.Parse("yesterday", Now)).Code);
    }
}
