using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Which boots of a machine are kept, over resets, sleeps, and daemons that come and go.</summary>
public sealed class LabBootsTests : IDisposable
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {} }";

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private IReadOnlyList<Boot> Boots => BootLog.Read(lab.Paths.Machine("l", "a").Boots);

    private string Ends => string.Join(' ', Boots.Select(boot => $"{boot.Origin}:{boot.End?.ToString() ?? "-"}"));

    private static MachineStatus Status(LabSupervisor labs) => labs.Labs[0].Machines[0];

    [Fact]
    public async Task Each_start_and_each_reset_is_a_boot_and_a_sleep_is_none()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Lab), new LaunchOptions(), null);
        Assert.Equal("Start:Ready", Ends);

        lab.Hypervisor.Running["a"].Tell("RESET", """{"guest":true,"reason":"guest-reset"}""");
        await FakeLab.UntilAsync(() => Ends == "Start:Ready Reset:Ready");

        await labs.Power.SuspendAsync("l", null, TestContext.Current.CancellationToken);
        await labs.StartMachineAsync("l", "a", new LaunchOptions(), TestContext.Current.CancellationToken);
        Assert.Equal((MachineState.Running, BootPhase.Ready), (Status(labs).State, Status(labs).Phase));
        Assert.Equal("Start:Ready Reset:Ready", Ends);

        await labs.StopMachineAsync("l", "a", new StopOptions { GracePeriod = TimeSpan.Zero }, TestContext.Current.CancellationToken);
        await labs.StartMachineAsync("l", "a", new LaunchOptions(), TestContext.Current.CancellationToken);
        Assert.Equal("Start:Ready Reset:Ready Start:Ready", Ends);
    }

    [Fact]
    public async Task A_machine_that_goes_before_it_is_ready_breaks_its_boot_off()
    {
        lab.Guests["a"] = FakeLab.Never;
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Lab), new LaunchOptions { Wait = false }, null);
        Assert.Equal("Start:-", Ends);

        lab.Hypervisor.Running["a"].End("killed");

        await FakeLab.UntilAsync(() => Ends == "Start:Interrupted");
    }

    [Fact]
    public async Task Two_resets_at_once_are_one_boot_and_a_stop_breaks_it_off()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(Lab), new LaunchOptions(), null);
        lab.Guests["a"] = FakeLab.Never;
        lab.Hypervisor.Running["a"].Tell("RESET", """{"guest":true,"reason":"guest-reset"}""");
        lab.Hypervisor.Running["a"].Tell("RESET", """{"guest":true,"reason":"guest-reset"}""");
        await FakeLab.UntilAsync(() => Ends == "Start:Ready Reset:-");
        lab.Clock.Advance(TimeSpan.FromSeconds(20));
        lab.Hypervisor.Running["a"].Tell("RESET", """{"guest":true,"reason":"guest-reset"}""");
        await FakeLab.UntilAsync(() => Ends == "Start:Ready Reset:- Reset:-");

        await labs.StopMachineAsync("l", "a", new StopOptions { GracePeriod = TimeSpan.Zero }, TestContext.Current.CancellationToken);

        await FakeLab.UntilAsync(() => Ends == "Start:Ready Reset:- Reset:Interrupted");
    }

    [Fact]
    public async Task A_later_daemon_goes_on_with_the_boot_that_an_earlier_one_has_seen_begin_and_leaves_one_that_is_over()
    {
        lab.Guests["a"] = FakeLab.Never;
        await using (LabSupervisor labs = await lab.StartAsync())
        {
            await labs.LaunchAsync(FakeLab.Source(Lab), new LaunchOptions { Wait = false }, null);
        }

        Assert.Equal("Start:-", Ends);
        DateTimeOffset begun = Boots[0].StartedAt;
        lab.Clock.Advance(TimeSpan.FromSeconds(7));
        lab.Guests.Clear();
        await using (LabSupervisor labs = await lab.StartAsync())
        {
            await FakeLab.UntilAsync(() => Ends == "Start:Ready");
            Assert.Equal((begun, 7), (Boots[0].StartedAt, Boots[0].ReadyAfterSeconds));
        }

        await using (LabSupervisor labs = await lab.StartAsync())
        {
            await FakeLab.UntilAsync(() => Status(labs).Phase == BootPhase.Ready);
            Assert.Equal("Start:Ready", Ends);
        }
    }
}
