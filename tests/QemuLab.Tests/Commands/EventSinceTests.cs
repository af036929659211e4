using QemuLab.Commands;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Commands;

public class EventSinceTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_number_is_an_id_and_not_seconds() => Assert.Equal(new EventSince(120, null), EventSince.Parse("120", Now));

    [Theory]
    [InlineData("10m", 9, true)]
    [InlineData("10m", 11, false)]
    [InlineData("2026-01-31T11:00:00Z", 59, true)]
    [InlineData("2026-01-31T11:00:00Z", 61, false)]
    public void A_time_leaves_out_what_was_before(string since, int minutesAgo, bool isShown)
    {
        var happened = new LabEvent(1, Now.AddMinutes(-minutesAgo), LabEventKind.State, "l", "a", "Running", null);

        Assert.Equal(isShown, EventSince.Parse(since, Now).Includes(happened));
    }
}
