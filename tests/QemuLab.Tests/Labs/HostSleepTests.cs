using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A laptop that sleeps while machines run.</summary>
public sealed class HostSleepTests : IDisposable
{
    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Time_that_passes_is_no_sleep()
    {
        var clock = new ManualTimeProvider();
        List<TimeSpan> jumps = [];
        using var sleep = new HostSleep(clock, jump =>
        {
            jumps.Add(jump);
            return Task.CompletedTask;
        });
        sleep.Begin();

        for (int looks = 0; looks < 6; looks++)
        {
            await NextLookAsync(clock);
        }

        Assert.Empty(jumps);
        clock.Sleep(TimeSpan.FromHours(1));
        await NextLookAsync(clock);
        await NextLookAsync(clock);
        Assert.Equal([TimeSpan.FromHours(1)], jumps);
    }

    [Fact]
    public async Task Guests_are_told_the_time_after_a_sleep()
    {
        lab.Tools.Guest = _ => "";
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"), new LaunchOptions(), null);
        int before = lab.Tools.Asked.Count;
        lab.Clock.Sleep(TimeSpan.FromHours(8.5));
        lab.Clock.Advance(TimeSpan.FromSeconds(10));
        await FakeLab.UntilAsync(() => lab.Tools.Asked.Skip(before).Any(command => string.Join(' ', command.Arguments).Contains("hwclock -s -u", StringComparison.Ordinal)));
        Assert.Single(labs.Events.Since(0), happened => happened is { Word: "ClockJumped" });
        Assert.Contains(labs.Events.Since(0), happened => happened is { Word: "ClockJumped", Message: "the host was asleep, or its clock was set ahead, by 08:30:00; the machines' clocks are set" });
    }

    /// <summary>Until the clock has been looked at: the timer for the look after it is set.</summary>
    private static async Task NextLookAsync(ManualTimeProvider clock)
    {
        await FakeLab.UntilAsync(() => clock.Waiting == 1);
        clock.Advance(TimeSpan.FromSeconds(10));
        await FakeLab.UntilAsync(() => clock.Waiting == 1);
    }
}
