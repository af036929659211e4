using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>What starts with the host. A start of the host is a boot id in the home that is another one's.</summary>
public sealed class BootStartTests : IDisposable
{
    private const int Limit = 30_000;

    private const string Three = """
        name: trio
        image: micro
        autostart: true
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          a: {}
          b: { autostart: false }
          c: { count: 2, machines: { c1: { autostart: false } } }
        """;

    private readonly FakeLab home = new();

    public void Dispose() => home.Dispose();

    [Fact(Timeout = Limit)]
    public async Task Machines_that_ask_for_it_start_with_the_host_and_once()
    {
        await LaunchAndStopAsync();
        HostStarts();
        await using LabSupervisor supervisor = await home.StartAsync();

        await StartAsync(supervisor);

        Assert.Equal("a Running, b Stopped, c0 Running, c1 Stopped", States(supervisor));
        Assert.Equal("the host was started anew; starting a, c0", supervisor.Events.Since(0).Single(happened => happened.Word == "Autostart").Message);
        await supervisor.StopMachineAsync("trio", "a", new StopOptions());
        await StartAsync(supervisor);
        Assert.Equal("a Stopped, b Stopped, c0 Running, c1 Stopped", States(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task Another_daemon_without_a_start_of_the_host_starts_nothing()
    {
        await LaunchAndStopAsync();
        await using LabSupervisor supervisor = await home.StartAsync();

        await StartAsync(supervisor);

        Assert.Equal("a Stopped, b Stopped, c0 Stopped, c1 Stopped", States(supervisor));
        Assert.DoesNotContain(supervisor.Events.Since(0), happened => happened.Word == "Autostart");
    }

    [Fact(Timeout = Limit)]
    public async Task A_home_that_knows_of_no_earlier_start_starts_nothing()
    {
        await LaunchAndStopAsync();
        File.Delete(home.Paths.LastBoot);
        await using LabSupervisor supervisor = await home.StartAsync();

        await StartAsync(supervisor);

        Assert.Equal("a Stopped, b Stopped, c0 Stopped, c1 Stopped", States(supervisor));
        Assert.NotEmpty(await File.ReadAllTextAsync(home.Paths.LastBoot, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_does_not_start_is_told_and_holds_up_nobody()
    {
        await LaunchAndStopAsync();
        HostStarts();
        home.Hypervisor.Refuses["a"] = "no";
        await using LabSupervisor supervisor = await home.StartAsync();

        await StartAsync(supervisor);

        LabEvent told = supervisor.Events.Since(0).Single(happened => happened.Word == "autostart-failed");
        Assert.Equal((LabEventKind.Warning, "a"), (told.Kind, told.Machine));
        Assert.Equal("a Failed, b Stopped, c0 Running, c1 Stopped", States(supervisor));
    }

    private async Task LaunchAndStopAsync()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await StartAsync(supervisor);
        Assert.True((await supervisor.LaunchAsync(FakeLab.Source(Three), new LaunchOptions(), null, TestContext.Current.CancellationToken)).Succeeded);
        await supervisor.DownAsync("trio", purge: false, new StopOptions(TimeSpan.Zero), null, TestContext.Current.CancellationToken);
    }

    private void HostStarts() => File.WriteAllText(home.Paths.LastBoot, "00000000-0000-0000-0000-000000000000\n");

    private async Task StartAsync(LabSupervisor supervisor)
    {
        var start = new BootStart(supervisor, new BootRecord(home.Paths, home.Tools));
        foreach (BootStartLab lab in await start.FindAsync(TestContext.Current.CancellationToken))
        {
            await start.StartAsync(lab, TestContext.Current.CancellationToken);
        }
    }

    private static string States(LabSupervisor supervisor) =>
        string.Join(", ", supervisor.Labs.Single().Machines.Select(machine => $"{machine.Name} {machine.State}"));
}
