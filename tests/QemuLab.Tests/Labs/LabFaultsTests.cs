using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Faults of a lab of two machines, over a network that keeps its books, on a clock that is moved by hand.</summary>
public sealed class LabFaultsTests : TwoMachineTests
{
    private static NetworkFault Fault(NetworkFaultKind kind, string machine, double value = 0, string? other = null, DateTimeOffset? until = null) =>
        new(NetworkPlan.MainName, kind, machine, other, value, until);

    private NetworkImpairments Impaired => lab.Network.Impairments.GetValueOrDefault("l", NetworkImpairments.None);

    private async Task<LabSupervisor> UpAsync()
    {
        LabSupervisor labs = await UpAsync(Text);
        Directory.CreateDirectory(lab.Paths.Run("l"));
        return labs;
    }

    [Fact]
    public async Task Faults_add_up_and_one_of_the_same_kind_takes_the_others_place()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Delay, "a", 0.05), Fault(NetworkFaultKind.Loss, "a", 10)]);
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Delay, "a", 0.1), Fault(NetworkFaultKind.Partition, "a", other: "b")]);
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Partition, "b", other: "a"), Fault(NetworkFaultKind.Rate, "b", 1e6)]);

        Assert.Equal(new LinkImpairment(Delay: TimeSpan.FromMilliseconds(100), LossPercent: 10), Impaired.Links["a"]);
        Assert.Equal(new LinkImpairment(BitsPerSecond: 1_000_000), Impaired.Links["b"]);
        Assert.Equal([new MachinePair("b", "a")], Impaired.Partitions);
        Assert.Equal(["loss 10%", "delay 100ms", "no contact with b"], labs.Labs[0].Faults.Where(fault => fault.Concerns("a")).Select(fault => fault.TextFor("a")));
    }

    [Fact]
    public async Task A_fault_heals_when_its_time_is_over_and_the_others_stay()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Cut, "a", until: lab.Clock.GetUtcNow() + TimeSpan.FromSeconds(30)), Fault(NetworkFaultKind.Loss, "b", 5)]);
        lab.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.True(Impaired.Links["a"].IsCut);

        lab.Clock.Advance(TimeSpan.FromSeconds(2));
        await FakeLab.UntilAsync(() => !Impaired.Links.ContainsKey("a"));

        Assert.Equal(5, Impaired.Links["b"].LossPercent);
        await FakeLab.UntilAsync(() => labs.Events.Since(0).Any(happened => happened is { Word: "Healed", Machine: "a", Message: "cut off" }));
    }

    [Fact]
    public async Task Without_the_folder_of_its_sockets_a_lab_is_healed_all_the_same()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Loss, "b", 5)]);
        Directory.Delete(lab.Paths.Run("l"), recursive: true);

        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Cut, "a")]);
        await labs.Faults.HealAsync("l", null);

        Assert.Empty(labs.Faults.Of("l"));
        Assert.True(Impaired.IsEmpty);
    }

    [Fact]
    public async Task A_timer_that_ends_before_the_fault_is_due_is_set_again()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Cut, "a", until: lab.Clock.GetUtcNow() + TimeSpan.FromDays(30))]);
        lab.Clock.Advance(TimeSpan.FromDays(21));
        Assert.True(Impaired.Links["a"].IsCut);

        lab.Clock.Advance(TimeSpan.FromDays(10));

        await FakeLab.UntilAsync(() => Impaired.IsEmpty);
    }

    [Fact]
    public async Task Healing_a_machine_heals_its_partitions_too_and_healing_all_heals_all()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Partition, "a", other: "b"), Fault(NetworkFaultKind.Cut, "a"), Fault(NetworkFaultKind.Loss, "b", 5)]);

        Assert.Equal([Fault(NetworkFaultKind.Loss, "b", 5)], await labs.Faults.HealAsync("l", ["a"]));
        Assert.Empty(await labs.Faults.HealAsync("l", null));
        Assert.True(Impaired.IsEmpty);
    }

    [Fact]
    public async Task The_next_daemon_heals_what_this_one_was_to_heal()
    {
        await using (LabSupervisor labs = await UpAsync())
        {
            await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Cut, "a", until: lab.Clock.GetUtcNow() + TimeSpan.FromSeconds(30)), Fault(NetworkFaultKind.Cut, "b", until: lab.Clock.GetUtcNow() + TimeSpan.FromMinutes(5))]);
        }

        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await using LabSupervisor next = await lab.StartAsync();

        Assert.Equal(["b"], Impaired.Links.Keys);
        lab.Clock.Advance(TimeSpan.FromMinutes(5));
        await FakeLab.UntilAsync(() => Impaired.IsEmpty);
    }

    [Fact]
    public async Task Down_heals()
    {
        await using LabSupervisor labs = await UpAsync();
        await labs.Faults.AddAsync("l", [Fault(NetworkFaultKind.Cut, "a")]);

        await labs.DownAsync("l", purge: false, new StopOptions(), null);

        Assert.True(Impaired.IsEmpty);
        Assert.Empty(labs.Faults.Of("l"));
    }

    [Fact]
    public async Task A_lab_that_is_not_there_has_no_links_to_impair()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        var error = await Assert.ThrowsAsync<QemuLabException>(() => labs.Faults.AddAsync("x", [Fault(NetworkFaultKind.Cut, "a")]));
        Assert.Equal("lab-not-found", error.Code);
    }
}
