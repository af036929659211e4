using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>The daemon starts on a host that lacks QEMU, because it is being upgraded, and QEMU comes back later.</summary>
public sealed class UnplannedLabsTests : IAsyncLifetime
{
    private const string Duo = "name: l\nimage: micro\ngroups: { a: {}, b: {}, c: {} }\n";

    private static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);

    private readonly FakeLab lab = new();
    private HostFacts whole = null!;
    private string record = "";

    /// <summary>A lab with a snapshot, a machine that is suspended, one that runs, and one that was deleted; then the daemon and QEMU go.</summary>
    public async ValueTask InitializeAsync()
    {
        lab.Tools.Guest = _ => "";
        await using (LabSupervisor labs = await lab.StartAsync())
        {
            await labs.LaunchAsync(FakeLab.Source(Duo), Launch, null);
            await labs.Snapshots.CreateAsync("l", "first");
            await labs.Power.SuspendAsync("l", ["a"]);
            await labs.Trash.DeleteAsync("l", "c", force: true);
        }

        record = await File.ReadAllTextAsync(lab.Paths.LabRecord("l"));
        (whole, lab.Host) = (lab.Host, lab.Host with { Qemu = null });
    }

    public ValueTask DisposeAsync()
    {
        lab.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Machines(LabSupervisor labs) => string.Join(", ", labs.Labs.SelectMany(one => one.Machines).Select(machine => $"{machine.Name} {machine.State}"));

    [Fact]
    public async Task It_is_told_and_kept_as_it_is_whatever_is_asked_meanwhile()
    {
        await using LabSupervisor labs = await lab.StartAsync();

        UnplannedLab told = Assert.Single(labs.Unplanned);
        Assert.Equal(("l", "a, b", "run: qemulab doctor"), (told.Name, string.Join(", ", told.Machines), told.Hint));
        Assert.StartsWith("QEMU is not installed", told.Reason, StringComparison.Ordinal);
        Assert.Contains(labs.Events.Since(0), happened => happened is { Lab: "l", Word: "lab-unreadable" });
        await labs.RetryAsync();
        Assert.Equal("qemu-missing", (await Assert.ThrowsAsync<QemuLabException>(() => labs.LaunchAsync(FakeLab.Source(Duo), Launch, null))).Code);
        Assert.Equal("qemu-missing", (await Assert.ThrowsAsync<QemuLabException>(() => labs.Trash.RecoverAsync("c"))).Code);

        Assert.Equal(("", "l"), (Machines(labs), Assert.Single(labs.Unplanned).Name));
        Assert.Equal(record, await File.ReadAllTextAsync(lab.Paths.LabRecord("l")));
        Assert.Equal(["b"], lab.Hypervisor.Running.Keys);
    }

    [Fact]
    public async Task It_is_taken_up_as_it_was_left_once_it_can_be_planned()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        lab.Host = whole;

        await labs.RetryAsync();

        Assert.Empty(labs.Unplanned);
        await FakeLab.UntilAsync(() => Machines(labs) == "a Suspended, b Running");
        Assert.Equal(["first"], labs.Snapshots.Of("l").Select(snapshot => snapshot.Name));
        Assert.Contains(labs.Events.Since(0), happened => happened is { Lab: "l", Word: "TakenUp" });
        Assert.Equal(3, lab.Hypervisor.Launches.Count);
    }

    [Fact]
    public async Task A_launch_goes_on_with_it_and_does_not_begin_anew()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        lab.Host = whole;

        LaunchOutcome outcome = await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {}, b: {} }\n"), Launch, null);

        Assert.Equal([MachineOutcome.Started, MachineOutcome.Unchanged], outcome.Machines.Select(machine => machine.Outcome));
        Assert.Contains("Load qemulab-suspended while it runs", lab.Hypervisor.Running["a"].Snapshots);
        Assert.Equal(["first"], labs.Snapshots.Of("l").Select(snapshot => snapshot.Name));
        Assert.Empty(labs.Unplanned);
    }

    [Fact]
    public async Task A_machine_that_is_recovered_comes_back_to_it()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        lab.Host = whole;

        await labs.Trash.RecoverAsync("c");

        Assert.Equal("a Suspended, b Running, c Stopped", Machines(labs));
        Assert.Equal(["a", "b", "c"], labs.Snapshots.Of("l")[0].Record.Machines.Keys.Order());
    }

    [Fact]
    public async Task What_it_holds_of_the_host_stays_its_own()
    {
        string subnet;
        await using (LabSupervisor labs = await lab.StartAsync())
        {
            lab.Host = whole;
            await labs.RetryAsync();
            subnet = labs.Labs[0].Plan.Network.Subnet.ToString();
        }

        // A file that this version no longer reads: the host could carry it, and another lab beside it.
        await File.WriteAllTextAsync(lab.Paths.LabRecord("l"), record.Replace("image: micro", "image: nosuch", StringComparison.Ordinal));
        await using LabSupervisor next = await lab.StartAsync();
        await next.LaunchAsync(FakeLab.Source("name: other\nimage: micro\ngroups: { a: {} }\n"), Launch, null);

        Assert.Equal("l", Assert.Single(next.Unplanned).Name);
        Assert.NotEqual(subnet, next.Labs[0].Plan.Network.Subnet.ToString());
    }
}
