using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Snapshots of a lab of two machines, over a hypervisor that keeps its books.</summary>
public sealed class LabSnapshotsTests : TwoMachineTests
{
    [Fact]
    public async Task All_stand_still_while_each_is_saved_and_then_go_on()
    {
        await using LabSupervisor labs = await UpAsync();

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "first", new SnapshotOptions("a note"));

        Assert.Equal((SnapshotState.Whole, "a note", true), (taken.Record.State, taken.Record.Description, taken.IsCurrent));
        Assert.All(["a", "b"], name => Assert.Equal(["Save qemulab.first"], Qemu(name).Snapshots));
        Assert.False(Qemu("a").IsHalted || Qemu("b").IsHalted);
        Assert.Contains(labs.Events.Since(0), happened => happened is { Kind: LabEventKind.Snapshot, Word: "Taken", Message: "first" });
    }

    [Fact]
    public async Task A_compressed_memory_is_loaded_as_one_by_the_same_QEMU_and_by_a_new_one()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "b", new StopOptions());

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "small", new SnapshotOptions(Compress: true));
        await labs.Snapshots.ReturnAsync("l", "small", Force);
        FakeMachine before = Qemu("a");
        before.End("killed");
        await FakeLab.UntilAsync(() => StateOf(labs, "a") == MachineState.Failed);
        await labs.Snapshots.ReturnAsync("l", "small", Force);

        Assert.Equal([true, false], taken.Record.Machines.Values.Select(held => held.IsCompressed));
        Assert.Equal(["SaveCompressed qemulab.small", "LoadCompressed qemulab.small"], before.Snapshots);
        Assert.StartsWith("LoadCompressed qemulab.small", Assert.Single(Qemu("a").Snapshots), StringComparison.Ordinal);
        QemuLabException neither = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "none", new SnapshotOptions(DiskOnly: true, Compress: true)));
        Assert.Equal(ErrorKind.Usage, neither.Kind);
    }

    [Fact]
    public async Task What_cannot_be_saved_leaves_nothing_and_the_machines_go_on()
    {
        await using LabSupervisor labs = await UpAsync();
        Qemu("b").FailingSnapshot = "Error while writing VM state: No space left on device";

        var error = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "first"));

        Assert.Equal("b: Error while writing VM state: No space left on device", error.Message);
        Assert.Empty(labs.Snapshots.Of("l"));
        Assert.Equal(["Save qemulab.first", "Delete qemulab.first while it runs"], Qemu("a").Snapshots);
        Assert.False(Qemu("a").IsHalted || Qemu("b").IsHalted);
    }

    [Fact]
    public async Task What_cannot_be_removed_either_is_removed_when_there_is_room()
    {
        await using LabSupervisor labs = await UpAsync();
        (Qemu("b").FailingSnapshot, Qemu("b").FailingDeletes) = ("No space left on device", 1);

        var error = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "first"));

        Assert.Equal("b: No space left on device", error.Message);
        await FakeLab.UntilAsync(() => labs.Events.Since(0).Any(happened => happened.Word == "snapshot-recovered"));
        Assert.Empty(labs.Snapshots.Of("l"));
        Assert.Equal(["snapshot-stuck", "snapshot-recovered"], labs.Events.Since(0).Where(happened => happened.Kind == LabEventKind.Warning).Select(happened => happened.Word));
    }

    [Fact]
    public async Task What_runs_goes_back_only_by_force_and_all_at_once()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        await labs.Snapshots.CreateAsync("l", "second");

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.ReturnAsync("l", "first", new ReturnOptions()));
        Assert.Equal((ErrorKind.Conflict, "machines-run"), (refused.Kind, refused.Code));
        ReturnOutcome outcome = await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.Equal([("a", true, null), ("b", true, null)], outcome.Machines.Select(machine => (machine.Machine, machine.IsRunning, machine.Error)));
        Assert.Equal("Load qemulab.first", Qemu("a").Snapshots[^1]);
        Assert.False(Qemu("a").IsHalted || Qemu("b").IsHalted);
        Assert.Equal(["first"], labs.Snapshots.Of("l").Where(snapshot => snapshot.IsCurrent).Select(snapshot => snapshot.Name));
        Assert.Equal("first", labs.Snapshots.Of("l")[1].Record.Parent);
    }

    [Fact]
    public async Task A_machine_that_has_gone_is_started_with_its_memory()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        Qemu("b").End("killed");
        await FakeLab.UntilAsync(() => labs.Labs[0].Machines[1].State == MachineState.Failed);

        await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.Equal(3, lab.Hypervisor.Launches.Count);
        Assert.StartsWith("Load qemulab.first", Assert.Single(Qemu("b").Snapshots), StringComparison.Ordinal);
        Assert.All(labs.Labs[0].Machines, machine => Assert.Equal(MachineState.Running, machine.State));
    }

    [Fact]
    public async Task A_memory_is_not_given_to_another_machine()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");
        await labs.DownAsync("l", purge: false, new StopOptions(), null);
        await labs.LaunchAsync(FakeLab.Source(Text.Replace("a: {}", "a: { memory: 512MiB }", StringComparison.Ordinal)), Launch, null);

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.ReturnAsync("l", "first", Force));

        Assert.Equal("machine-changed", refused.Code);
        Assert.StartsWith("a is another machine than in snapshot first", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Qemu("b").Snapshots);
    }

    [Fact]
    public async Task A_stopped_machine_is_saved_by_its_disks_and_stopped_by_a_return()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "b", new StopOptions());
        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "first");
        await labs.StartMachineAsync("l", "b", Launch);

        ReturnOutcome outcome = await labs.Snapshots.ReturnAsync("l", "first", Force);

        Assert.Equal((true, false), (taken.Record.Machines["a"].HasMemory, taken.Record.Machines["b"].HasMemory));
        Assert.False(outcome.Machines[1].IsRunning);
        Assert.Equal(MachineState.Stopped, labs.Labs[0].Machines[1].State);
        string disk = lab.Paths.Machine("l", "b").RootDisk;
        Assert.Equal(["snapshot -q -c qemulab.first " + disk, "snapshot -q -a qemulab.first " + disk], lab.Tools.Asked.Where(asked => asked.Arguments[0] == "snapshot").Select(asked => string.Join(' ', asked.Arguments)));
    }

    [Theory]
    [InlineData(SnapshotState.Creating, "Delete qemulab.half", false)]
    [InlineData(SnapshotState.Deleting, "Delete qemulab.half", false)]
    [InlineData(SnapshotState.Reverting, "Load qemulab.half", true)]
    public async Task The_next_daemon_finishes_what_was_begun(SnapshotState state, string done, bool stays)
    {
        await using (LabSupervisor first = await UpAsync())
        {
            SnapshotStatus taken = await first.Snapshots.CreateAsync("l", "half");
            var store = new LabStore(lab.Paths, lab.Clock);
            LabRecord record = store.ReadAll().Records["l"];
            store.Write("l", record.WithSnapshot("half", taken.Record with { State = state }));
        }

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => second.Events.Since(0).Any(happened => happened.Word == "snapshot-recovered"));

        Assert.StartsWith(done, Qemu("a").Snapshots[^1], StringComparison.Ordinal);
        Assert.Equal(stays, second.Snapshots.Of("l").Any(snapshot => snapshot.Record.State == SnapshotState.Whole));
    }

    [Fact]
    public async Task The_next_daemon_puts_back_only_the_machines_that_were_meant()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            SnapshotStatus taken = await first.Snapshots.CreateAsync("l", "half");
            var store = new LabStore(lab.Paths, lab.Clock);
            store.Write("l", store.ReadAll().Records["l"].WithSnapshot("half", taken.Record with { State = SnapshotState.Reverting, Returning = ["a"] }));
        }

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => second.Events.Since(0).Any(happened => happened.Word == "snapshot-recovered"));

        Assert.Equal("Load qemulab.half", Qemu("a").Snapshots[^1]);
        Assert.Equal(["Save qemulab.half"], Qemu("b").Snapshots);
        Assert.Null(second.Snapshots.Of("l")[0].Record.Returning);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("-x")]
    [InlineData("../x")]
    public async Task Names_are_checked(string name)
    {
        await using LabSupervisor labs = await UpAsync();

        Assert.Equal("snapshot-name", (await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", name))).Code);
    }

    [Fact]
    public async Task A_removed_one_leaves_its_children_to_its_parent_and_a_purged_lab_leaves_none()
    {
        await using LabSupervisor labs = await UpAsync();
        foreach (string name in (string[])["first", "second", "third"])
        {
            await labs.Snapshots.CreateAsync("l", name);
        }

        await labs.Snapshots.DeleteAsync("l", "second");

        Assert.Equal([("first", null), ("third", "first")], labs.Snapshots.Of("l").Select(snapshot => (snapshot.Name, snapshot.Record.Parent)).OrderBy(pair => pair.Name));
        Assert.Equal("did you mean third?", (await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.DeleteAsync("l", "thrid"))).Hint);
    }
}
