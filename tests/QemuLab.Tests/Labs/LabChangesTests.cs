using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A lab is asked for something else while it runs, over a hypervisor that keeps its books.</summary>
public sealed class LabChangesTests : IDisposable
{
    private const string Text = """
        name: l
        image: micro
        groups:
          a: {}
          b: { count: 2, disks: [{ name: data, size: 1GiB }] }
        """;

    private static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);

    private readonly FakeLab lab = new();

    public void Dispose() => lab.Dispose();

    private async Task<LabSupervisor> UpAsync(string text = Text)
    {
        lab.Tools.Guest = _ => "";
        LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(text), Launch, null);
        return labs;
    }

    private static string Told(IReadOnlyList<MachineDiff> diffs) => string.Join("; ", diffs.Select(diff =>
        $"{diff.Machine} {diff.Kind}{string.Concat(diff.Differences.Select(one => $" {one.Key} {one.Running}>{one.Wanted}{(one.NeedsRestart ? "!" : "")}{(one.IsKept ? " kept" : "")}"))}"));

    [Fact]
    public async Task A_file_is_compared_with_what_runs()
    {
        await using LabSupervisor labs = await UpAsync();
        Assert.Equal("a Known; b0 Known; b1 Known", Told(await labs.DiffAsync(FakeLab.Source(Text))));

        string other = Text.Replace("a: {}", "c: {}", StringComparison.Ordinal).Replace("count: 2", "count: 2, memory: 2GiB", StringComparison.Ordinal).Replace("1GiB", "3GiB", StringComparison.Ordinal);
        Assert.Equal("c New; b0 Known disks.data 1GiB>3GiB memory 1GiB>2GiB!; b1 Known disks.data 1GiB>3GiB memory 1GiB>2GiB!; a Leftover", Told(await labs.DiffAsync(FakeLab.Source(other))));
        Assert.Empty(lab.Hypervisor.Running["b0"].Resized);
    }

    [Fact]
    public async Task A_lab_that_is_not_there_is_all_new()
    {
        await using LabSupervisor labs = await lab.StartAsync();

        Assert.Equal("a New; b0 New; b1 New", Told(await labs.DiffAsync(FakeLab.Source(Text))));
        Assert.Empty(labs.Labs);
    }

    [Fact]
    public async Task A_launch_grows_disks_and_says_what_waits_for_a_restart()
    {
        await using LabSupervisor labs = await UpAsync();

        LaunchOutcome grown = await labs.LaunchAsync(FakeLab.Source(Text.Replace("1GiB", "3GiB", StringComparison.Ordinal)), Launch, null);
        Assert.All(grown.Machines, machine => Assert.Equal(MachineOutcome.Unchanged, machine.Outcome));
        Assert.Equal(["disk-data 3GiB"], lab.Hypervisor.Running["b0"].Resized);

        LaunchOutcome more = await labs.LaunchAsync(FakeLab.Source(Text.Replace("1GiB", "3GiB", StringComparison.Ordinal).Replace("a: {}", "a: { cpus: 2 }", StringComparison.Ordinal)), Launch, null);
        Assert.Equal((MachineOutcome.RestartRequired, "cpus 1>2"), (more.Machines[0].Outcome, $"{more.Machines[0].Differences[0].Key} {more.Machines[0].Differences[0].Running}>{more.Machines[0].Differences[0].Wanted}"));
        Assert.Equal(["disk-data 3GiB"], lab.Hypervisor.Running["b0"].Resized);
    }

    [Fact]
    public async Task Memory_within_its_maximum_is_given_and_taken_while_the_machine_runs_and_is_so_after_a_snapshot_too()
    {
        await using LabSupervisor labs = await UpAsync(Text.Replace("a: {}", "a: { maxMemory: 4GiB }", StringComparison.Ordinal));
        FakeMachine qemu = lab.Hypervisor.Running["a"];
        Assert.Equal(ByteSize.FromGiB(1), qemu.Memory);
        await labs.Snapshots.CreateAsync("l", "s");

        Assert.Equal("a Known memory 1GiB>3GiB", Told(await labs.SetAsync("l", ["a"], ["memory=3GiB"])));
        Assert.Equal(ByteSize.FromGiB(3), qemu.Memory);
        Assert.Empty(labs.Labs[0].RestartRequired);
        await FakeLab.UntilAsync(() => labs.Events.Since(0).Any(happened => happened is { Word: "Changed", Message: "memory is 3GiB now" }));
        qemu.Memory = ByteSize.FromGiB(1);
        await labs.Snapshots.ReturnAsync("l", "s", new ReturnOptions(Force: true));
        Assert.Equal(ByteSize.FromGiB(3), qemu.Memory);

        Assert.Equal("a Known maxMemory 4GiB>8GiB! memory 3GiB>2GiB!", Told(await labs.SetAsync("l", ["a"], ["memory=2GiB", "maxMemory=8GiB"])));
        Assert.Equal(ByteSize.FromGiB(3), qemu.Memory);
        var refused = await Assert.ThrowsAnyAsync<QemuLabException>(() => labs.SetAsync("l", ["a"], ["memory=9GiB"]));
        Assert.Contains("maxMemory: 8GiB is less than the machine's memory, 9GiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_does_not_give_memory_back_is_told()
    {
        await using LabSupervisor labs = await UpAsync(Text.Replace("a: {}", "a: { maxMemory: 4GiB, memory: 4GiB }", StringComparison.Ordinal));
        lab.Hypervisor.Running["a"].HasNoBalloon = true;

        await labs.SetAsync("l", ["a"], ["memory=1GiB"]);

        await FakeLab.UntilAsync(() =>
        {
            lab.Clock.Advance(TimeSpan.FromSeconds(31));
            return labs.Events.Since(0).Any(happened => happened.Word == "memory-not-taken");
        });
        Assert.EndsWith("a was to have 1GiB of memory and has 4GiB: its guest needs what it has, or has no balloon driver (virtio_balloon)", labs.Events.Since(0).First(happened => happened.Word == "memory-not-taken").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_is_kept_by_the_next_daemon_until_the_next_launch()
    {
        await using (LabSupervisor first = await UpAsync())
        {
            Assert.Equal("b1 Known disk 2GiB>5GiB memory 1GiB>2GiB!", Told(await first.SetAsync("l", ["b1"], ["memory=3GiB", "memory=2GiB", "disk=5GiB"])));
            Assert.Equal(["disk-root 5GiB"], lab.Hypervisor.Running["b1"].Resized);
            Assert.Equal(["b1"], first.Labs[0].RestartRequired);
        }

        await using LabSupervisor labs = await lab.StartAsync();
        await labs.RestartMachineAsync("l", "b1", new StopOptions(), Launch);
        Assert.Empty(labs.Labs[0].RestartRequired);
        Assert.Equal("2GiB", labs.Labs[0].Plan.Machines[2].Spec.Memory.ToString());
        Assert.Equal("a Known; b0 Known; b1 Known disk 5GiB>2GiB kept memory 2GiB>1GiB!", Told(await labs.DiffAsync(FakeLab.Source(Text))));
        Assert.Equal(MachineOutcome.RestartRequired, (await labs.LaunchAsync(FakeLab.Source(Text), Launch, null)).Machines[2].Outcome);
    }

    [Fact]
    public async Task A_disk_that_is_larger_than_it_was_asked_to_be_is_never_made_smaller()
    {
        await using LabSupervisor labs = await UpAsync();
        LabSource Sized(string size) => FakeLab.Source(Text.Replace("1GiB", size, StringComparison.Ordinal));
        async Task<string> LaunchedAsync(string size) => $"{(await labs.LaunchAsync(Sized(size), Launch, null)).Machines[1].Outcome}, {Told(await labs.DiffAsync(Sized(size)))}";

        await labs.LaunchAsync(Sized("5GiB"), Launch, null);
        Assert.Equal("Unchanged, a Known; b0 Known disks.data 5GiB>2GiB kept; b1 Known disks.data 5GiB>2GiB kept", await LaunchedAsync("2GiB"));
        Assert.Empty(labs.Labs[0].RestartRequired);
        await labs.RestartMachineAsync("l", "b0", new StopOptions(), Launch);
        Assert.Equal("Unchanged, a Known; b0 Known disks.data 5GiB>4GiB kept; b1 Known disks.data 5GiB>4GiB kept", await LaunchedAsync("4GiB"));
        Assert.Empty(lab.Hypervisor.Running["b0"].Resized);
        Assert.Equal(["disk-data 5GiB"], lab.Hypervisor.Running["b1"].Resized);

        await LaunchedAsync("6GiB");
        Assert.Equal(["disk-data 6GiB"], lab.Hypervisor.Running["b0"].Resized);
        Assert.Equal("a Known; b0 Known; b1 Known", Told(await labs.DiffAsync(Sized("6GiB"))));
    }

    [Fact]
    public async Task What_is_no_setting_changes_nothing()
    {
        await using LabSupervisor labs = await UpAsync();

        Assert.Equal("setting-invalid", (await Assert.ThrowsAsync<QemuLabException>(() => labs.SetAsync("l", ["a"], ["memory"]))).Code);
        Assert.Contains("memory", (await Assert.ThrowsAsync<LabFileException>(() => labs.SetAsync("l", ["a"], ["memry=2GiB"]))).Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.Equal("machine-not-found", (await Assert.ThrowsAsync<QemuLabException>(() => labs.SetAsync("l", ["z"], ["memory=2GiB"]))).Code);
        Assert.Equal("a Known; b0 Known; b1 Known", Told(await labs.DiffAsync(FakeLab.Source(Text))));
    }
}
