using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Machines are deleted, recovered and removed for good, over a hypervisor that keeps its books.</summary>
public sealed class LabTrashTests : IDisposable
{
    private const string Duo = """
        name: l
        image: micro
        groups: { a: {}, b: {} }
        """;

    private const string Solo = """
        name: l
        image: micro
        groups: { a: {} }
        """;

    private static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private string Folder(string machine) => lab.Paths.Machine("l", machine).Path;

    private async Task<LabSupervisor> UpAsync(string text = Duo)
    {
        lab.Tools.Guest = _ => "";
        LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(text), Launch, null);
        return labs;
    }

    private static string Machines(LabSupervisor labs) => string.Join(", ", labs.Labs.SelectMany(one => one.Machines).Select(machine => $"{machine.Name} {machine.State}"));

    [Fact]
    public async Task A_deleted_machine_comes_back_as_it_was()
    {
        await using LabSupervisor labs = await UpAsync();
        string address = labs.Labs[0].Plan.Machines[0].Address.ToString();
        await File.WriteAllTextAsync(Path.Combine(Folder("a"), "root.qcow2"), "what a has written");
        await labs.StopMachineAsync("l", "a", new StopOptions());

        TrashStatus deleted = await labs.Trash.DeleteAsync("l", "a", force: false);

        Assert.Equal("b Running", Machines(labs));
        Assert.False(Directory.Exists(Folder("a")));
        Assert.Equal([deleted], labs.Trash.All());

        await labs.Trash.RecoverAsync("a");

        Assert.Equal("a Stopped, b Running", Machines(labs));
        Assert.Equal("what a has written", await File.ReadAllTextAsync(Path.Combine(Folder("a"), "root.qcow2")));
        Assert.Empty(labs.Trash.All());
        Assert.Equal(MachineOutcome.Started, (await labs.StartMachineAsync("l", "a", Launch)).Outcome);
        Assert.Equal(address, labs.Labs[0].Plan.Machines[0].Address.ToString());
    }

    [Fact]
    public async Task A_deleted_machine_comes_back_after_others_of_its_lab_were_started()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Trash.DeleteAsync("l", "a", force: true);
        await labs.RestartMachineAsync("l", "b", new StopOptions(), Launch);

        await labs.Trash.RecoverAsync("a");

        Assert.Equal("a Stopped, b Running", Machines(labs));
        Assert.True(File.Exists(lab.Paths.Machine("l", "a").RootDisk));
    }

    [Fact]
    public async Task One_whose_recovery_cannot_be_written_down_stays_in_the_trash()
    {
        await using LabSupervisor labs = await UpAsync(Solo);
        await labs.Trash.DeleteAsync("l", "a", force: true);
        Directory.CreateDirectory(Path.Combine(lab.Paths.LabRecord("l"), "in the way"));

        await Assert.ThrowsAnyAsync<IOException>(() => labs.Trash.RecoverAsync("a"));

        Assert.Equal("a", Assert.Single(labs.Trash.All()).Machine);
        await labs.Trash.RecoverAsync("a");
        Assert.Equal("a Stopped", Machines(labs));
    }

    [Fact]
    public async Task One_whose_deletion_cannot_be_written_down_stays_where_it_is()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.StopMachineAsync("l", "a", new StopOptions());
        string record = lab.Paths.LabRecord("l");
        File.Move(record, record + ".aside");
        Directory.CreateDirectory(Path.Combine(record, "in the way"));

        await Assert.ThrowsAnyAsync<IOException>(() => labs.Trash.DeleteAsync("l", "a", force: false));

        Assert.Empty(labs.Trash.All());
        Assert.True(File.Exists(lab.Paths.Machine("l", "a").RootDisk));
    }

    [Fact]
    public async Task A_lab_whose_record_was_lost_keeps_its_disks_when_a_machine_of_it_is_recovered_and_deleted()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            await first.Trash.DeleteAsync("l", "a", force: true);
            await first.StopMachineAsync("l", "b", new StopOptions());
        }

        File.Delete(lab.Paths.LabRecord("l"));
        await using LabSupervisor labs = await lab.StartAsync();
        Assert.Empty(labs.Labs);

        await labs.Trash.RecoverAsync("a");
        Assert.Equal("a Stopped, b Stopped", Machines(labs));
        await labs.Trash.DeleteAsync("l", "a", force: true);

        Assert.True(File.Exists(lab.Paths.Machine("l", "b").RootDisk));
    }

    [Fact]
    public async Task One_that_runs_goes_by_force_only()
    {
        await using LabSupervisor labs = await UpAsync();

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.Trash.DeleteAsync("l", "a", force: false));
        Assert.Equal(("machine-not-stopped", ErrorKind.Conflict), (refused.Code, refused.Kind));
        Assert.Equal("a Running, b Running", Machines(labs));

        await labs.Trash.DeleteAsync("l", "a", force: true);
        Assert.Equal(("b Running", false), (Machines(labs), lab.Hypervisor.Running.ContainsKey("a")));
    }

    [Fact]
    public async Task The_last_one_takes_its_lab_along_and_brings_it_back()
    {
        await using LabSupervisor labs = await UpAsync(Solo);
        string address = labs.Labs[0].Plan.Machines[0].Address.ToString();

        await labs.Trash.DeleteAsync("l", "a", force: true);
        Assert.Empty(labs.Labs);
        Assert.Empty(lab.Network.Up);
        Assert.False(Directory.Exists(lab.Paths.Lab("l")));

        await labs.Trash.RecoverAsync("l/a");
        Assert.Equal(("a Stopped", address), (Machines(labs), labs.Labs[0].Plan.Machines[0].Address.ToString()));
        await using LabSupervisor next = await lab.StartAsync();
        Assert.Equal("a Stopped", Machines(next));
    }

    [Fact]
    public async Task A_place_that_is_taken_is_kept()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Trash.DeleteAsync("l", "a", force: true);
        await labs.LaunchAsync(FakeLab.Source(Duo), Launch, null);

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => labs.Trash.RecoverAsync("a"));

        Assert.Equal(("machine-exists", ErrorKind.Conflict), (refused.Code, refused.Kind));
        Assert.Equal("a Running, b Running", Machines(labs));
        Assert.Single(labs.Trash.All());
        Assert.Equal("not-in-trash", (await Assert.ThrowsAsync<QemuLabException>(() => labs.Trash.RecoverAsync("c"))).Code);
    }

    [Fact]
    public async Task Of_several_of_a_name_the_last_one_comes_back()
    {
        await using LabSupervisor labs = await UpAsync();
        TrashStatus first = await labs.Trash.DeleteAsync("l", "a", force: true);
        lab.Clock.Advance(TimeSpan.FromSeconds(1));
        await labs.LaunchAsync(FakeLab.Source(Duo), Launch, null);
        TrashStatus second = await labs.Trash.DeleteAsync("l", "a", force: true);

        Assert.Equal([first.Id, second.Id], labs.Trash.All().Select(one => one.Id));
        Assert.Equal(second.Id, (await labs.Trash.RecoverAsync("a")).Id);
        Assert.Equal(first.Id, labs.Trash.Purge("a").Id);
        Assert.Empty(Directory.GetFileSystemEntries(lab.Paths.Trash));
    }

    [Fact]
    public async Task What_is_purged_meanwhile_is_gone_and_no_fault()
    {
        await using LabSupervisor labs = await UpAsync(Solo);
        TrashStatus first = await labs.Trash.DeleteAsync("l", "a", force: true);
        string[] ids = [.. Enumerable.Range(0, 200).Select(i => Copy(first.Id, $"l.a.{i:000}"))];
        using var ended = new CancellationTokenSource();
        Task looks = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                _ = labs.Trash.All();
            }
        });

        int[] purged = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => ids.Count(id => Purges(labs, id)))));
        await ended.CancelAsync();
        await looks;

        Assert.Equal(ids.Length, purged.Sum());
        Assert.Equal(first.Id, Assert.Single(labs.Trash.All()).Id);
    }

    /// <summary>Another deleted machine of the same name.</summary>
    private string Copy(string id, string copy)
    {
        Directory.CreateDirectory(Path.Combine(lab.Paths.Trash, copy));
        string note = File.ReadAllText(Path.Combine(lab.Paths.Trash, id, "deleted.json"));
        File.WriteAllText(Path.Combine(lab.Paths.Trash, copy, "deleted.json"), note.Replace(id, copy, StringComparison.Ordinal));
        return copy;
    }

    /// <summary>Whether it was this one that purged it, and no other.</summary>
    private static bool Purges(LabSupervisor labs, string id)
    {
        try
        {
            labs.Trash.Purge(id);
            return true;
        }
        catch (QemuLabException gone) when (gone is { Code: "not-in-trash", Kind: ErrorKind.NotFound })
        {
            return false;
        }
    }

    [Fact]
    public async Task Its_place_in_a_snapshot_comes_back_too()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Snapshots.CreateAsync("l", "first");

        await labs.Trash.DeleteAsync("l", "a", force: true);
        Assert.Equal(["b"], labs.Snapshots.Of("l")[0].Record.Machines.Keys);
        await labs.Trash.RecoverAsync("a");

        Assert.Equal(["a", "b"], labs.Snapshots.Of("l")[0].Record.Machines.Keys.Order());
    }

    [Fact]
    public async Task A_suspended_one_comes_back_suspended()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Power.SuspendAsync("l", ["a"]);

        await labs.Trash.DeleteAsync("l", "a", force: false);
        await labs.Trash.RecoverAsync("a");

        Assert.Equal("a Suspended, b Running", Machines(labs));
    }

    [Fact]
    public async Task A_launch_prunes_what_the_file_no_longer_has()
    {
        await using LabSupervisor labs = await UpAsync();

        LaunchOutcome left = await labs.LaunchAsync(FakeLab.Source(Solo), Launch, null);
        Assert.Equal("b, ", $"{string.Join(' ', left.Leftover)}, {string.Join(' ', left.Pruned)}");
        LaunchOutcome pruned = await labs.LaunchAsync(FakeLab.Source(Solo), Launch with { Prune = true }, null);

        Assert.Equal(", b", $"{string.Join(' ', pruned.Leftover)}, {string.Join(' ', pruned.Pruned)}");
        Assert.Equal("a Running", Machines(labs));
        await labs.Trash.RecoverAsync("b");
        Assert.Equal("a Running, b Stopped", Machines(labs));
    }

    [Theory]
    [InlineData("noted", "a Stopped, b Stopped", 0)]
    [InlineData("moved", "b Stopped", 1)]
    [InlineData("taken out", "b Stopped", 1)]
    [InlineData("put back", "a Stopped, b Stopped", 0)]
    [InlineData("going", "b Stopped", 0)]
    public async Task The_next_daemon_finishes_what_was_begun(string moment, string machines, int inTrash)
    {
        string record;
        await using (LabSupervisor first = await UpAsync())
        {
            await first.DownAsync("l", purge: false, new StopOptions(), null);
            record = await File.ReadAllTextAsync(lab.Paths.LabRecord("l"));
            string id = (await first.Trash.DeleteAsync("l", "a", force: false)).Id;
            string inside = Path.Combine(lab.Paths.Trash, id);
            if (moment is "noted" or "taken out" or "put back")
            {
                Directory.Move(inside, Folder("a"));
            }

            if (moment == "going")
            {
                Directory.Move(inside, Path.Combine(lab.Paths.Trash, ".going-" + id));
            }

            if (moment is "noted" or "moved" or "put back")
            {
                await File.WriteAllTextAsync(lab.Paths.LabRecord("l"), record);
            }
        }

        await using LabSupervisor next = await lab.StartAsync();

        Assert.Equal((machines, inTrash), (Machines(next), next.Trash.All().Count));
        Assert.False(File.Exists(Path.Combine(Folder("a"), "deleted.json")));
    }
}
