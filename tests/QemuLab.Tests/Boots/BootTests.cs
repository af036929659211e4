using QemuLab.Engine.Boots;

namespace QemuLab.Tests.Boots;

public sealed class BootTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static Boot Begun => Boot.Begin(BootOrigin.Start, 7, Start, Start, 0);

    private static string Text(Boot boot) => string.Join(' ', boot.Periods(Start.AddSeconds(60)).Select(period => FormattableString.Invariant($"{period.Stage}={period.Seconds:0}")));

    [Fact]
    public void A_stage_lasts_until_the_next_one_is_seen_and_the_last_until_now()
    {
        Boot boot = Begun.Reach(BootStage.Kernel, Start.AddSeconds(2)).Reach(BootStage.Init, Start.AddSeconds(10));

        Assert.Equal("Process=2 Kernel=8 Init=50", Text(boot));
        Assert.Equal("Process=2 Kernel=8 Init=5", Text(boot.Finish(BootEnd.NotReady, Start.AddSeconds(15))));
        Assert.Null(boot.Finish(BootEnd.NotReady, Start.AddSeconds(15)).ReadyAfterSeconds);
    }

    [Fact]
    public void A_boot_that_is_ready_has_no_time_after_it_and_no_complaints()
    {
        Boot ready = (Begun with { LoginFailure = "denied" }).Reach(BootStage.Sshd, Start.AddSeconds(4)).Finish(BootEnd.Ready, Start.AddSeconds(5));

        Assert.Equal("Process=4 Sshd=1", Text(ready));
        Assert.Equal((5, null), (ready.ReadyAfterSeconds, ready.LoginFailure));
    }

    [Fact]
    public void The_guests_own_way_does_not_lead_back_and_answers_are_beside_it()
    {
        Boot boot = Begun.Reach(BootStage.Init, Start).Reach(BootStage.Sshd, Start).Reach(BootStage.Kernel, Start).Reach(BootStage.CloudInitConfig, Start).Reach(BootStage.Init, Start);

        Assert.Equal([BootStage.Process, BootStage.Init, BootStage.Sshd, BootStage.CloudInitConfig], boot.Marks.Select(mark => mark.Stage));
    }

    [Theory]
    [InlineData("init-local", BootStage.CloudInitLocal)]
    [InlineData("init", BootStage.CloudInitNetwork)]
    [InlineData("modules-config", BootStage.CloudInitConfig)]
    [InlineData("modules-final", BootStage.CloudInitFinal)]
    [InlineData("", null)]
    [InlineData("something new", null)]
    public void Cloud_inits_own_words_are_stages(string word, BootStage? stage) => Assert.Equal(stage, BootStages.OfCloudInit(word));

    [Fact]
    public void Every_stage_has_a_word_of_its_own() =>
        Assert.Equal(Enum.GetValues<BootStage>().Length, Enum.GetValues<BootStage>().Select(BootStages.Word).Distinct().Count());
}
