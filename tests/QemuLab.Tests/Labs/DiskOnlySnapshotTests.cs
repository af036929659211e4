using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Snapshots of machines that run, without their memory: a has a guest agent, b has none.</summary>
public sealed class DiskOnlySnapshotTests : TwoMachineTests
{
    private const string Ordered = """
        name: l
        image: micro
        groups: { a: {}, b: { dependsOn: a } }
        """;

    private static readonly SnapshotOptions DiskOnly = new(DiskOnly: true);

    private async Task<FakeAgent> AgentAsync(LabSupervisor labs)
    {
        var agent = new FakeAgent(Qemu("a").Snapshots);
        (Qemu("a").Agent, Qemu("a").HasAgent) = (agent.Client, true);
        Qemu("a").Tell("VSERPORT_CHANGE", """{"id":"agent-port","open":true}""");
        await FakeLab.UntilAsync(() => labs.Labs[0].Machines[0].AgentConnected);
        return agent;
    }

    [Fact]
    public async Task File_systems_are_held_while_all_stand_still_and_let_go_of_when_they_go_on()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await using FakeAgent agent = await AgentAsync(labs);

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "first", DiskOnly);

        Assert.Equal(["guest-fsfreeze-freeze", "SaveDisks qemulab.first", "guest-fsfreeze-thaw"], Qemu("a").Snapshots);
        Assert.Equal(["SaveDisks qemulab.first"], Qemu("b").Snapshots);
        Assert.Equal((false, DiskConsistency.FileSystem, null), Held("a"));
        Assert.Equal((false, DiskConsistency.Crash, "no guest agent listens in it"), Held("b"));
        Assert.False(agent.IsFrozen || Qemu("a").IsHalted || Qemu("b").IsHalted);
        Assert.Empty(Warnings(labs));

        (bool, DiskConsistency?, string?) Held(string machine) => (taken.Record.Machines[machine].HasMemory, taken.Record.Machines[machine].Consistency, taken.Record.Machines[machine].Detail);
    }

    [Fact]
    public async Task A_snapshot_that_fails_lets_go_of_them_too()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await using FakeAgent agent = await AgentAsync(labs);
        Qemu("b").FailingSnapshot = "Failed to create snapshot: No space left on device";

        await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "first", DiskOnly));

        Assert.Equal(["guest-fsfreeze-freeze", "SaveDisks qemulab.first", "guest-fsfreeze-thaw", "Delete qemulab.first while it runs"], Qemu("a").Snapshots);
        Assert.False(agent.IsFrozen || Qemu("a").IsHalted);
        Assert.Empty(labs.Snapshots.Of("l"));
    }

    [Theory]
    [InlineData("""{"error": {"class": "GenericError", "desc": "failed to freeze /: busy"}}""", "the guest agent refused guest-fsfreeze-freeze: failed to freeze /: busy")]
    [InlineData("""{"return": 0}""", "the guest agent has frozen none of its file systems")]
    [InlineData("""{"return": {"frozen": "\u001b[2J"}}""", "the guest agent has frozen none of its file systems")]
    [InlineData(null, "the guest agent did not answer guest-fsfreeze-freeze within 30 s")]
    public async Task A_guest_that_does_not_hold_them_is_saved_as_it_is_and_that_is_told(string? answer, string why)
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await using FakeAgent agent = await AgentAsync(labs);
        agent.Answers["guest-fsfreeze-freeze"] = answer;

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "first", DiskOnly);

        Assert.Equal((DiskConsistency.Crash, why), (taken.Record.Machines["a"].Consistency, taken.Record.Machines["a"].Detail));
        Assert.Equal("guest-fsfreeze-thaw", Qemu("a").Snapshots[^1]);
        LabEvent told = Assert.Single(labs.Events.Since(0), happened => happened.Kind == LabEventKind.Warning);
        Assert.Equal(("crash-consistent", "a", "snapshot first has the disks of a as after a power failure: " + why), (told.Word, told.Machine, told.Message));
    }

    [Fact]
    public async Task A_guest_that_had_let_go_of_them_before_its_time_has_not_held_them()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await using FakeAgent agent = await AgentAsync(labs);
        agent.Answers["guest-fsfreeze-thaw"] = """{"return": 0}""";

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "first", DiskOnly);

        Assert.Equal((DiskConsistency.Crash, "its file systems did not stay frozen"), (taken.Record.Machines["a"].Consistency, taken.Record.Machines["a"].Detail));
    }

    [Fact]
    public async Task A_guest_that_does_not_say_that_it_has_let_go_of_them_is_asked_until_it_does()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await using FakeAgent agent = await AgentAsync(labs);
        agent.Answers["guest-fsfreeze-thaw"] = null;

        await labs.Snapshots.CreateAsync("l", "first", DiskOnly);
        Assert.Equal(["still-frozen"], Warnings(labs));
        Assert.True(new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines["a"].IsFrozen);

        agent.Answers.Clear();
        await FakeLab.UntilAsync(() =>
        {
            lab.Clock.Advance(TimeSpan.FromSeconds(5));
            return !agent.IsFrozen;
        });
        await FakeLab.UntilAsync(() => Warnings(labs).SequenceEqual(["still-frozen", "thawed"]));
        Assert.False(new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines["a"].IsFrozen);
    }

    [Fact]
    public async Task The_next_daemon_lets_go_of_what_was_left_frozen()
    {
        FakeAgent agent;
        await using (LabSupervisor first = await UpAsync(Ordered))
        {
            agent = await AgentAsync(first);
            SnapshotStatus taken = await first.Snapshots.CreateAsync("l", "half", DiskOnly);
            var store = new LabStore(lab.Paths, lab.Clock);
            LabRecord record = store.ReadAll().Records["l"].WithSnapshot("half", taken.Record with { State = SnapshotState.Creating });
            store.Write("l", record.With("a", record.Machines["a"] with { IsFrozen = true }));
            agent.IsFrozen = true;
        }

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => Warnings(second).Length == 2);

        Assert.Equal(["thawed", "snapshot-recovered"], Warnings(second));
        Assert.False(agent.IsFrozen);
        Assert.Empty(second.Snapshots.Of("l"));
        Assert.False(new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines["a"].IsFrozen);
        await agent.DisposeAsync();
    }

    [Fact]
    public async Task A_return_boots_what_ran_from_its_disks_of_then_each_after_what_it_depends_on()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await labs.Snapshots.CreateAsync("l", "first", DiskOnly);
        var isReady = new TaskCompletionSource();
        lab.Guests["a"] = _ => isReady.Task;

        Task<ReturnOutcome> returning = labs.Snapshots.ReturnAsync("l", "first", Force);
        await FakeLab.UntilAsync(() => lab.Hypervisor.Launches.Count == 3 && labs.Labs[0].Machines[0].State == MachineState.Running);
        Assert.Equal(MachineState.Stopped, labs.Labs[0].Machines[1].State);
        isReady.SetResult();
        ReturnOutcome outcome = await returning;

        Assert.Equal([("a", true, null), ("b", true, null)], outcome.Machines.Select(machine => (machine.Machine, machine.IsRunning, machine.Error)));
        Assert.Equal(4, lab.Hypervisor.Launches.Count);
        Assert.Empty(Qemu("a").Snapshots);
        string[] disks = [lab.Paths.Machine("l", "a").RootDisk, lab.Paths.Machine("l", "b").RootDisk];
        Assert.Equal(disks.Select(disk => "snapshot -q -a qemulab.first " + disk), lab.Tools.Asked.Where(asked => asked.Arguments[0] == "snapshot").Select(asked => string.Join(' ', asked.Arguments)).Order());
    }

    [Fact]
    public async Task What_does_not_boot_is_told_and_holds_up_no_other()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await labs.Snapshots.CreateAsync("l", "first", DiskOnly);
        lab.Hypervisor.Refuses["b"] = "qemu: no";

        ReturnOutcome outcome = await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.Equal([null, "qemu: no"], outcome.Machines.Select(machine => machine.Error));
        Assert.Equal(SnapshotState.Whole, labs.Snapshots.Of("l")[0].Record.State);
    }

    [Fact]
    public async Task A_machine_that_the_file_no_longer_has_cannot_be_booted_and_nothing_is_changed()
    {
        await using LabSupervisor labs = await UpAsync(Ordered);
        await labs.Snapshots.CreateAsync("l", "first", DiskOnly);
        await labs.LaunchAsync(FakeLab.Source(Ordered.Replace(", b: { dependsOn: a }", "", StringComparison.Ordinal)), new LaunchOptions(), null);

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.ReturnAsync("l", "first", Force));

        Assert.Equal("machine-leftover", refused.Code);
        Assert.Equal(2, lab.Hypervisor.Launches.Count);
    }
}
