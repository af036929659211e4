using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>How a launch goes, and how it is taken back.</summary>
public sealed class LabLaunchTests : DuoLabTests
{
    [Fact(Timeout = Limit)]
    public async Task A_launch_makes_and_starts_every_machine()
    {
        await using LabSupervisor supervisor = await home.StartAsync();

        LaunchOutcome outcome = await LaunchAsync(supervisor, Duo);

        Assert.True(outcome.Succeeded);
        Assert.Equal("a Created, b Created", Outcomes(outcome));
        Assert.Equal("a Running Ready, b Running Ready", States(supervisor));
        Assert.Equal(["a", "b"], home.Network.Up["duo"].Keys.Order());
        foreach (MachineDirectory machine in (MachineDirectory[])[Files("a"), Files("b")])
        {
            Assert.True(File.Exists(machine.RootDisk));
            Assert.True(File.Exists(machine.Seed));
        }

        Assert.Contains("Host a", File.ReadAllText(home.Paths.SshConfig("duo")), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_launch_changes_nothing()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        int commands = home.Tools.Asked.Count;

        LaunchOutcome again = await LaunchAsync(supervisor, Duo);

        Assert.Equal("a Unchanged, b Unchanged", Outcomes(again));
        Assert.Equal(2, home.Hypervisor.Launches.Count);
        Assert.Equal(commands, home.Tools.Asked.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_whose_memory_changes_in_the_file_goes_on_and_asks_for_a_restart()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        string changed = Duo.Replace("a: {}", "a: { memory: 256MiB }", StringComparison.Ordinal);

        Assert.Equal("a RestartRequired, b Unchanged", Outcomes(await LaunchAsync(supervisor, changed)));
        Assert.Equal(2, home.Hypervisor.Launches.Count);
        Assert.Equal("a RestartRequired, b Unchanged", Outcomes(await LaunchAsync(supervisor, changed)));

        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        await supervisor.StartMachineAsync("duo", "a", Wait);
        Assert.Equal("a Unchanged, b Unchanged", Outcomes(await LaunchAsync(supervisor, changed)));
    }

    [Fact(Timeout = Limit)]
    public async Task One_machine_that_QEMU_refuses_is_taken_back_and_the_others_come_up()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Hypervisor.Refuses["a"] = "no such device";

        LaunchOutcome outcome = await LaunchAsync(supervisor, Duo);

        Assert.False(outcome.Succeeded);
        Assert.Equal("a Failed, b Created", Outcomes(outcome));
        Assert.Equal("no such device", outcome.Machines[0].Error);
        Assert.Equal("b Running Ready", States(supervisor));
        Assert.Equal(["b"], home.Network.Up["duo"].Keys);
        Assert.False(Directory.Exists(Files("a").Path));

        home.Hypervisor.Refuses.Clear();
        Assert.Equal("a Created, b Unchanged", Outcomes(await LaunchAsync(supervisor, Duo)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_the_network_refuses_is_taken_back()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Network.Refuses.Add("b");

        LaunchOutcome outcome = await LaunchAsync(supervisor, Duo);

        Assert.Equal("a Created, b Failed", Outcomes(outcome));
        Assert.Equal(["a"], home.Hypervisor.Running.Keys);
        Assert.False(Directory.Exists(Files("b").Path));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lab_of_which_no_machine_comes_up_leaves_nothing()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Hypervisor.Refuses["a"] = home.Hypervisor.Refuses["b"] = "no";

        Assert.Equal("a Failed, b Failed", Outcomes(await LaunchAsync(supervisor, Duo)));

        AssertNothingIsLeft(supervisor);
    }

    [Fact(Timeout = Limit)]
    public async Task A_known_machine_that_does_not_start_again_keeps_its_disk()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        home.Hypervisor.Refuses["a"] = "no";

        Assert.Equal("a Failed, b Unchanged", Outcomes(await LaunchAsync(supervisor, Duo)));

        Assert.True(File.Exists(Files("a").RootDisk));
        Assert.Equal("a Failed None, b Running Ready", States(supervisor));
        home.Hypervisor.Refuses.Clear();
        Assert.Equal("a Started, b Unchanged", Outcomes(await LaunchAsync(supervisor, Duo)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_launch_that_is_cancelled_takes_back_all_that_it_began()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["b"] = FakeLab.Never;
        using var interrupt = new CancellationTokenSource();
        Task<LaunchOutcome> launch = supervisor.LaunchAsync(FakeLab.Source(Duo), Wait, null, interrupt.Token);
        await FakeLab.UntilAsync(() => States(supervisor).EndsWith("b Running Process", StringComparison.Ordinal));

        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        AssertNothingIsLeft(supervisor);
    }

    [Fact(Timeout = Limit)]
    public async Task Cancelling_a_launch_leaves_what_ran_before_it()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        home.Guests["c"] = FakeLab.Never;
        using var interrupt = new CancellationTokenSource();
        Task<LaunchOutcome> launch = supervisor.LaunchAsync(FakeLab.Source(Duo + "\n  c: {}"), Wait, null, interrupt.Token);
        await FakeLab.UntilAsync(() => States(supervisor).EndsWith("c Running Process", StringComparison.Ordinal));

        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        Assert.Equal("a Running Ready, b Running Ready", States(supervisor));
        Assert.Equal(["a", "b"], home.Hypervisor.Running.Keys.Order());
        Assert.Equal(["a", "b"], home.Network.Up["duo"].Keys.Order());
        Assert.False(Directory.Exists(Files("c").Path));
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_says_no_is_a_failure_and_its_machine_stays_for_a_look()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = _ => throw new QemuLabException(ErrorKind.Failed, "cloud-init-failed", "cloud-init: error", "read the log");

        LaunchOutcome outcome = await LaunchAsync(supervisor, Duo);

        Assert.Equal("a Failed, b Created", Outcomes(outcome));
        Assert.Equal(("cloud-init: error", ErrorKind.Failed), (outcome.Machines[0].Error, outcome.Machines[0].Kind));
        Assert.Equal("a Running Failed, b Running Ready", States(supervisor));
        Assert.True(home.Hypervisor.Running.ContainsKey("a"));
    }

    [Fact(Timeout = Limit)]
    public async Task The_time_limit_ends_the_wait_and_not_the_machine()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;
        Task<LaunchOutcome> launch = supervisor.LaunchAsync(FakeLab.Source(Duo), new LaunchOptions(TimeLimit: TimeSpan.FromMinutes(1)), null);
        await FakeLab.UntilAsync(() => States(supervisor) == "a Running Process, b Running Ready");

        home.Clock.Advance(TimeSpan.FromMinutes(1));

        LaunchOutcome outcome = await launch;
        Assert.Equal("a Failed, b Created", Outcomes(outcome));
        Assert.Equal(ErrorKind.TimedOut, outcome.Machines[0].Kind);
        Assert.Equal("a Running Process, b Running Ready", States(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task Without_waiting_a_launch_ends_when_the_machines_run()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;

        Assert.Equal("a Created, b Created", Outcomes(await supervisor.LaunchAsync(FakeLab.Source(Duo), new LaunchOptions(Wait: false), null)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_left_the_file_stays_known_until_the_lab_goes()
    {
        string less = Duo.Replace("\n  b: {}", "", StringComparison.Ordinal);
        await using (LabSupervisor first = await home.StartAsync())
        {
            await LaunchAsync(first, Duo);
            LaunchOutcome outcome = await LaunchAsync(first, less);
            Assert.Equal("a Unchanged", Outcomes(outcome));
            Assert.Equal(["b"], outcome.Leftover);
            Assert.Equal("a Running Ready, b Running Ready", States(first));
        }

        await using LabSupervisor second = await home.StartAsync();

        Assert.Equal("a Running Ready, b Running Ready", States(second));
        Assert.Equal(["b"], (await LaunchAsync(second, less)).Leftover);
        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => second.StartMachineAsync("duo", "b", Wait));
        Assert.Equal("machine-leftover", refused.Code);
        Assert.Equal("a Unchanged, b Unchanged", Outcomes(await LaunchAsync(second, Duo)));
        await second.DownAsync("duo", purge: true, new StopOptions(), null);
        AssertNothingIsLeft(second);
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_machine_does_not_get_the_address_of_one_that_left_the_file()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        string addressOfB = home.Network.Up["duo"]["b"].Address.ToString();

        await LaunchAsync(supervisor, Duo.Replace("b: {}", "c: {}", StringComparison.Ordinal));

        Assert.Equal(3, home.Hypervisor.Running.Count);
        Assert.NotEqual(addressOfB, home.Network.Up["duo"]["c"].Address.ToString());
    }

    [Fact(Timeout = Limit)]
    public async Task Two_launches_of_one_lab_at_once_make_it_once()
    {
        await using LabSupervisor supervisor = await home.StartAsync();

        LaunchOutcome[] outcomes = await Task.WhenAll(LaunchAsync(supervisor, Duo), LaunchAsync(supervisor, Duo));

        Assert.Equal(["a Created, b Created", "a Unchanged, b Unchanged"], outcomes.Select(Outcomes).Order());
        Assert.Equal(2, home.Hypervisor.Launches.Count);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Down_ends_a_launch_that_is_under_way(bool purge)
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;
        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Duo);
        await FakeLab.UntilAsync(() => States(supervisor) == "a Running Process, b Running Ready");

        await supervisor.DownAsync("duo", purge, new StopOptions(), null);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        AssertNothingIsLeft(supervisor);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stop_during_the_launch_ends_the_wait_for_that_machine()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Guests["a"] = FakeLab.Never;
        Task<LaunchOutcome> launch = LaunchAsync(supervisor, Duo);
        await FakeLab.UntilAsync(() => States(supervisor) == "a Running Process, b Running Ready");

        await supervisor.StopMachineAsync("duo", "a", new StopOptions());

        Assert.Equal("a Failed, b Created", Outcomes(await launch));
        Assert.Equal("a Stopped None, b Running Ready", States(supervisor));
    }
}
