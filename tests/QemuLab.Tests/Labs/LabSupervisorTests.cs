using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A lab after its launch: stopped, taken down, taken up by the next supervisor, lost and found.</summary>
public sealed class LabSupervisorTests : DuoLabTests
{
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
}
