// Long on purpose: one supervisor, one fixture, and every way a lab can go, in the order of a lab's life.
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>The real supervisor, with everything that is outside of the process played.</summary>
public sealed class LabSupervisorTests : IDisposable
{
    private const int Limit = 30_000;

    private const string Duo = """
        name: duo
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          a: {}
          b: {}
        """;

    private static readonly LaunchOptions Wait = new();

    private readonly FakeLab home = new();

    public void Dispose() => home.Dispose();

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
    public async Task Stop_and_start_keep_disks_and_addresses()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        File.AppendAllText(Files("a").RootDisk, "the guest's");
        (string Address, int Port)[] before = Addresses(supervisor);

        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        Assert.Equal("a Stopped None, b Running Ready", States(supervisor));
        Assert.Equal(["b"], home.Network.Up["duo"].Keys);
        MachineLaunch started = await supervisor.StartMachineAsync("duo", "a", Wait);

        Assert.Equal(MachineOutcome.Started, started.Outcome);
        Assert.Equal("a Running Ready, b Running Ready", States(supervisor));
        Assert.EndsWith("the guest's", File.ReadAllText(Files("a").RootDisk), StringComparison.Ordinal);
        Assert.Equal(before, Addresses(supervisor));
        Assert.Equal(["a", "b"], home.Network.Up["duo"].Keys.Order());
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_ignores_the_button_is_ended_after_its_grace_period()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        home.Hypervisor.IgnoresButton.Add("a");
        Task stop = supervisor.StopMachineAsync("duo", "a", new StopOptions(TimeSpan.FromSeconds(8)));
        await FakeLab.UntilAsync(() => States(supervisor).StartsWith("a Stopping", StringComparison.Ordinal));

        while (!stop.IsCompleted)
        {
            home.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await stop;
        Assert.Equal(["b"], home.Hypervisor.Running.Keys);
    }

    [Fact(Timeout = Limit)]
    public async Task Down_leaves_the_disks_and_the_same_lab_comes_back()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        (string Address, int Port)[] before = Addresses(supervisor);

        await supervisor.DownAsync("duo", purge: false, new StopOptions(), null);

        Assert.Empty(home.Hypervisor.Running);
        Assert.Empty(home.Network.Up);
        Assert.False(Directory.Exists(home.Paths.Run("duo")));
        Assert.True(File.Exists(Files("a").RootDisk));
        Assert.Equal("a Stopped None, b Stopped None", States(supervisor));
        Assert.Equal("a Started, b Started", Outcomes(await LaunchAsync(supervisor, Duo)));
        Assert.Equal(before, Addresses(supervisor));
    }

    [Fact(Timeout = Limit)]
    public async Task Down_with_purge_leaves_no_folder()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);

        await supervisor.DownAsync("duo", purge: true, new StopOptions(), null);

        AssertNothingIsLeft(supervisor);
        await Assert.ThrowsAsync<QemuLabException>(() => supervisor.DownAsync("duo", purge: true, new StopOptions(), null));
    }

    [Fact(Timeout = Limit)]
    public async Task The_next_supervisor_takes_up_every_machine()
    {
        (string, int)[] before;
        int?[] pids;
        await using (LabSupervisor first = await home.StartAsync())
        {
            await LaunchAsync(first, Duo);
            await first.StopMachineAsync("duo", "b", new StopOptions());
            (before, pids) = (Addresses(first), Pids(first));
        }

        home.Network.Up.Clear();
        await using LabSupervisor second = await home.StartAsync();

        Assert.Equal("a Running Ready, b Stopped None", States(second));
        Assert.Equal(before, Addresses(second));
        Assert.Equal(pids, Pids(second));
        Assert.Equal(["a"], home.Network.Up["duo"].Keys);
        Assert.Equal("a Unchanged, b Started", Outcomes(await LaunchAsync(second, Duo)));
        await second.DownAsync("duo", purge: true, new StopOptions(), null);
        AssertNothingIsLeft(second);
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_was_started_and_never_let_go_runs_under_the_next_supervisor()
    {
        await using (LabSupervisor first = await home.StartAsync())
        {
            await LaunchAsync(first, Duo);
        }

        home.Hypervisor.Running["a"].Waits = true;
        await using LabSupervisor second = await home.StartAsync();

        Assert.False(home.Hypervisor.Running["a"].Waits);
        Assert.True(SpinWait.SpinUntil(() => States(second) == "a Running Ready, b Running Ready", TimeSpan.FromSeconds(5)), States(second));
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_ends_by_itself_has_failed_with_its_last_words()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);

        home.Hypervisor.Running["a"].End("disk on fire");
        await FakeLab.UntilAsync(() => States(supervisor) == "a Failed None, b Running Ready");

        Assert.Equal("QEMU ended: disk on fire", supervisor.Labs[0].Machines[0].Reason);
        Assert.Equal("a Started, b Unchanged", Outcomes(await LaunchAsync(supervisor, Duo)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_record_that_cannot_be_read_is_set_aside_and_told()
    {
        await MakeStoppedLabWithBrokenRecordAsync();

        await using LabSupervisor supervisor = await home.StartAsync();

        Assert.Empty(supervisor.Labs);
        Assert.Single(supervisor.Events.Since(0), happened => happened.Word == "record-broken");
        Assert.Single(Directory.GetFiles(home.Paths.Lab("duo"), "lab.json.broken-*"));
        Assert.True((await LaunchAsync(supervisor, Duo)).Succeeded);
        Assert.EndsWith("the guest's", File.ReadAllText(Files("a").RootDisk), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_failed_launch_after_a_broken_record_takes_no_disk_away()
    {
        await MakeStoppedLabWithBrokenRecordAsync();
        home.Hypervisor.Refuses["a"] = home.Hypervisor.Refuses["b"] = "no";

        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);

        Assert.EndsWith("the guest's", File.ReadAllText(Files("a").RootDisk), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_machine_that_runs_under_a_broken_record_is_taken_up_by_the_next_launch()
    {
        await using (LabSupervisor first = await home.StartAsync())
        {
            await LaunchAsync(first, Duo);
        }

        File.WriteAllText(home.Paths.LabRecord("duo"), "{");
        await using LabSupervisor second = await home.StartAsync();
        LaunchOutcome outcome = await LaunchAsync(second, Duo);

        Assert.True(outcome.Succeeded, Outcomes(outcome));
        Assert.Equal("a Running Ready, b Running Ready", States(second));
        Assert.Equal(2, home.Hypervisor.Launches.Count);
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

    [Fact(Timeout = Limit)]
    public async Task Two_labs_cannot_share_a_subnet()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        string first = Duo + "\nnetwork: { subnet: 10.9.0.0/24 }";
        string second = first.Replace("name: duo", "name: other", StringComparison.Ordinal);
        await LaunchAsync(supervisor, first);

        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => LaunchAsync(supervisor, second));

        Assert.Equal((ErrorKind.Conflict, "subnet-taken"), (refused.Kind, refused.Code));
        Assert.False(Directory.Exists(home.Paths.Lab("other")));
        Assert.Single(supervisor.Labs);
    }

    [Fact(Timeout = Limit)]
    public async Task Labs_without_a_subnet_of_their_own_get_different_ones_even_at_the_same_time()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        string[] labs = [.. Enumerable.Range(0, 20).Select(i => $"name: lab{i}\nimage: micro\ngroups:\n  m{i}: {{ memory: 128MiB }}\n")];

        await Task.WhenAll(labs.Select(lab => Task.Run(() => LaunchAsync(supervisor, lab))));

        Subnet[] subnets = [.. supervisor.Labs.Select(lab => lab.Plan.Network.Subnet)];
        Assert.Equal(labs.Length, subnets.Distinct().Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_lab_and_a_machine_that_nobody_knows_are_not_found()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);

        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<QemuLabException>(() => supervisor.DownAsync("nobody", false, new StopOptions(), null))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<QemuLabException>(() => supervisor.StartMachineAsync("duo", "z", Wait))).Kind);
    }

    private static Task<LaunchOutcome> LaunchAsync(LabSupervisor supervisor, string text) => supervisor.LaunchAsync(FakeLab.Source(text), Wait, null);

    private static string Outcomes(LaunchOutcome outcome) => string.Join(", ", outcome.Machines.Select(machine => $"{machine.Machine} {machine.Outcome}"));

    private static string States(LabSupervisor supervisor) =>
        string.Join(", ", supervisor.Labs.SelectMany(lab => lab.Machines).Select(machine => $"{machine.Name} {machine.State} {machine.Phase}"));

    private static (string Address, int Port)[] Addresses(LabSupervisor supervisor) =>
        [.. supervisor.Labs.Single().Plan.Machines.Select(machine => (machine.Address.ToString(), machine.SshPort))];

    private static int?[] Pids(LabSupervisor supervisor) => [.. supervisor.Labs.Single().Machines.Select(machine => machine.ProcessId)];

    private MachineDirectory Files(string machine) => home.Paths.Machine("duo", machine);

    private async Task MakeStoppedLabWithBrokenRecordAsync()
    {
        await using (LabSupervisor supervisor = await home.StartAsync())
        {
            await LaunchAsync(supervisor, Duo);
            await supervisor.DownAsync("duo", purge: false, new StopOptions(), null);
        }

        File.AppendAllText(Files("a").RootDisk, "the guest's");
        File.WriteAllText(home.Paths.LabRecord("duo"), File.ReadAllText(home.Paths.LabRecord("duo"))[..100]);
    }

    private void AssertNothingIsLeft(LabSupervisor supervisor)
    {
        Assert.Empty(supervisor.Labs);
        Assert.Empty(home.Hypervisor.Running);
        Assert.Empty(home.Network.Up);
        Assert.False(Directory.Exists(home.Paths.Lab("duo")));
        Assert.False(Directory.Exists(home.Paths.Run("duo")));
    }
}
