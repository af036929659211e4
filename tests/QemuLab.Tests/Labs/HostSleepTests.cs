using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A laptop that sleeps while machines run.</summary>
public sealed class HostSleepTests : IDisposable
{
    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Guests_are_told_the_time_after_a_sleep_and_only_then()
    {
        lab.Tools.Guest = _ => "";
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }\n"), new LaunchOptions(), null);
        int before = lab.Tools.Asked.Count;

        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.Delay(50);
        Assert.Equal(before, lab.Tools.Asked.Count);

        lab.Clock.Sleep(TimeSpan.FromHours(8.5));
        lab.Clock.Advance(TimeSpan.FromSeconds(10));
        await FakeLab.UntilAsync(() => lab.Tools.Asked.Skip(before).Any(command => string.Join(' ', command.Arguments).Contains("hwclock -s -u", StringComparison.Ordinal)));
        Assert.Contains(labs.Events.Since(0), happened => happened is { Word: "ClockJumped", Message: "the host was asleep, or its clock was set ahead, by 08:30:00; the machines' clocks are set" });
    }
}
