using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Snapshots that take the place of others: until the new one is whole, the old one is there.</summary>
public sealed class ReplacedSnapshotTests : TwoMachineTests
{
    private static readonly SnapshotOptions Replace = new(Replace: true);

    [Fact]
    public async Task The_old_one_goes_once_the_new_one_is_whole()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "s", new SnapshotOptions("old"));

        SnapshotStatus taken = await labs.Snapshots.CreateAsync("l", "s", Replace with { Description = "new" });
        await labs.Snapshots.CreateAsync("l", "s", Replace);
        await labs.Snapshots.ReturnAsync("l", "s", Force);

        Assert.Equal(("new", SnapshotState.Whole, null), (taken.Record.Description, taken.Record.State, taken.Record.Replaces));
        Assert.Equal(
            ["Save qemulab.s", "Save qemulab.s~", "Delete qemulab.s while it runs", "Save qemulab.s", "Delete qemulab.s~ while it runs", "Load qemulab.s"],
            Qemu("a").Snapshots);
    }

    [Fact]
    public async Task Where_the_new_one_cannot_be_taken_the_old_one_stays_and_can_be_returned_to()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "s", new SnapshotOptions("old"));
        Qemu("b").FailingSnapshot = "No space left on device";

        await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "s", Replace));
        Qemu("b").FailingSnapshot = null;
        await labs.Snapshots.ReturnAsync("l", "s", Force);

        SnapshotStatus left = Assert.Single(labs.Snapshots.Of("l"));
        Assert.Equal((SnapshotState.Whole, "old", true), (left.Record.State, left.Record.Description, left.IsCurrent));
        Assert.Equal(["Save qemulab.s", "Save qemulab.s~", "Delete qemulab.s~ while it runs", "Load qemulab.s"], Qemu("a").Snapshots);
    }

    [Theory]
    [InlineData(SnapshotState.Creating, "old", "Delete qemulab.s~ while it runs")]
    [InlineData(SnapshotState.Whole, "new", "Delete qemulab.s while it runs")]
    [InlineData(SnapshotState.Deleting, null, "Delete qemulab.s while it runs")]
    public async Task The_next_daemon_leaves_one_of_the_two_or_none(SnapshotState state, string? stays, string last)
    {
        await using (LabSupervisor first = await UpAsync())
        {
            SnapshotRecord old = (await first.Snapshots.CreateAsync("l", "s", new SnapshotOptions("old"))).Record;
            SnapshotRecord replacing = old with { State = state, Description = "new", Machines = old.Machines.ToDictionary(held => held.Key, held => held.Value with { Tag = "qemulab.s~" }), Replaces = old };
            var store = new LabStore(lab.Paths, lab.Clock);
            store.Write("l", store.ReadAll().Records["l"].WithSnapshot("s", replacing));
        }

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => second.Snapshots.Of("l").All(snapshot => snapshot.Record is { State: SnapshotState.Whole, Replaces: null }));

        Assert.Equal(stays, second.Snapshots.Of("l").SingleOrDefault()?.Record.Description);
        Assert.Equal(last, Qemu("a").Snapshots[^1]);
    }

    [Fact]
    public async Task One_that_is_in_the_way_of_the_disks_is_told_and_goes_with_the_next_daemon()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            await first.Snapshots.CreateAsync("l", "s");
            Qemu("b").FailingDeletes = 1;

            SnapshotStatus taken = await first.Snapshots.CreateAsync("l", "s", Replace);

            Assert.Equal(SnapshotState.Whole, taken.Record.State);
            Assert.Contains("snapshot-stuck", Warnings(first));
        }

        await using LabSupervisor second = await lab.StartAsync();
        await FakeLab.UntilAsync(() => second.Snapshots.Of("l")[0].Record.Replaces is null);
        await second.Snapshots.ReturnAsync("l", "s", Force);

        Assert.Equal("Load qemulab.s~", Qemu("b").Snapshots[^1]);
    }

    [Fact]
    public async Task One_that_cannot_be_removed_from_the_disks_costs_nobody_the_one_that_is_whole()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "s");
        Qemu("b").FailingDeletes = 2;
        await labs.Snapshots.CreateAsync("l", "s", Replace);

        QemuLabException stuck = await Assert.ThrowsAsync<QemuLabException>(() => labs.Snapshots.CreateAsync("l", "s", Replace));
        Assert.Equal(("snapshot-stuck", SnapshotState.Whole), (stuck.Code, labs.Snapshots.Of("l")[0].Record.State));
        await labs.Snapshots.CreateAsync("l", "s", Replace);

        Assert.Equal("Delete qemulab.s~ while it runs", Qemu("b").Snapshots[^1]);
        Assert.Null(labs.Snapshots.Of("l")[0].Record.Replaces);
    }

    [Fact]
    public async Task What_was_taken_after_the_old_one_goes_on_from_what_that_went_on_from()
    {
        await using LabSupervisor labs = await UpAsync();
        foreach (string name in (string[])["root", "first", "second"])
        {
            await labs.Snapshots.CreateAsync("l", name);
        }

        await labs.Snapshots.CreateAsync("l", "first", Replace);

        Assert.Equal([("first", "second"), ("root", null), ("second", "root")], labs.Snapshots.Of("l").Select(snapshot => (snapshot.Name, snapshot.Record.Parent)).OrderBy(pair => pair.Name));
        Assert.Equal("first", labs.Snapshots.Of("l").Single(snapshot => snapshot.IsCurrent).Name);

        await labs.Snapshots.CreateAsync("l", "first", Replace);

        Assert.Equal("second", labs.Snapshots.Of("l").Single(snapshot => snapshot.Name == "first").Record.Parent);
    }
}
