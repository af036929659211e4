using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Labs;

/// <summary>What a host has room for, and what is said where it has not.</summary>
public sealed class CapacityTests
{
    private const string Seven = """
        name: seven
        image: micro
        groups:
          web: { count: 7, cpus: 2, memory: 2GiB }
        """;

    private const string Mixed = """
        name: mixed
        image: micro
        groups:
          small: { memory: 512MiB }
          large: { memory: 4GiB }
          last: { memory: 512MiB }
        """;

    [Fact]
    public void Machines_that_are_too_many_are_refused_with_what_would_fit()
    {
        PlanFault fault = Assert.Single(Faults(Seven, Free(9.8)));

        Assert.Equal("memory-too-large", fault.Code);
        Assert.Equal("7 machines of 2GiB need 14.3GiB of memory with QEMU's own, 9.8GiB are free: 4 of them fit", fault.Message);
        Assert.Equal("memory: 1384MiB for each would fit; or stop what else runs here; or ask for more than there is: --set overcommit.memory=1.5, overcommit: { memory: 1.5 } in the lab file", fault.Hint);
    }

    [Theory]
    [InlineData("web: { count: 7, cpus: 2, memory: 1384MiB }", true)]
    [InlineData("web: { count: 7, cpus: 2, memory: 1388MiB }", false)]
    [InlineData("web: { count: 4, cpus: 2, memory: 2GiB }", true)]
    [InlineData("web: { count: 5, cpus: 2, memory: 2GiB }", false)]
    public void What_is_said_to_fit_fits(string group, bool fits) =>
        Assert.Equal(fits, Faults($"name: lab\nimage: micro\ngroups:\n  {group}", Free(9.8)).Length == 0);

    [Fact]
    public void The_translator_takes_its_part()
    {
        HostFacts translated = Fakes.Hosts.ByName["linux-x64-tcg"] with { MemoryAvailable = new ByteSize((long)(9.8 * ByteSize.GiB)) };

        Assert.StartsWith("7 machines of 2GiB need 16.3GiB", Assert.Single(Faults(Seven, translated)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_machines_that_differ_the_first_ones_count_and_less_is_offered_by_share()
    {
        PlanFault fault = Assert.Single(Faults(Mixed, Free(3)));

        Assert.Equal("3 machines need 5.1GiB of memory with QEMU's own, 3GiB are free: 1 of them fits", fault.Message);
        Assert.StartsWith("57 % of the memory for each would fit; ", fault.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void One_machine_is_told_by_its_name() =>
        Assert.Equal(
            "web with 4GiB needs 4GiB of memory with QEMU's own, 900MiB are free",
            Assert.Single(Faults("name: lab\nimage: micro\ngroups:\n  web: { memory: 4GiB }", Free(900 / 1024.0))).Message);

    [Fact]
    public void Who_asks_for_more_than_there_is_gets_it_and_a_warning()
    {
        string text = "overcommit: { memory: 1.5 }\n" + Seven;

        Assert.Empty(Faults(text, Free(9.8)));
        Assert.Contains("the machines may take 14.3GiB of memory with QEMU's own, 9.8GiB are free: the host may end one of them when they do", PlanGoldenTests.Plan(text, Free(9.8)).Warnings);
        Assert.Equal("7 machines of 2GiB need 14.3GiB of memory with QEMU's own, 9GiB are free (overcommit allows 1.5 times that): 6 of them fit", Assert.Single(Faults(text, Free(9))).Message);
    }

    [Fact]
    public void A_plan_says_that_a_launch_will_be_refused() =>
        Assert.Contains(PlanGoldenTests.Plan(Seven, Free(9.8)).Warnings, warning => warning.StartsWith("a launch will be refused: 7 machines of 2GiB", StringComparison.Ordinal));

    [Fact]
    public void What_machines_that_run_may_still_take_is_not_free() =>
        Assert.Equal(
            "7 machines of 2GiB need 14.3GiB of memory with QEMU's own, 4.8GiB are free beside the 5GiB that machines that run may still take: 2 of them fit",
            Assert.Single(Faults(Seven, Free(9.8), promised: ByteSize.FromGiB(5))).Message);

    [Fact]
    public void On_macOS_what_the_host_has_counts()
    {
        HostFacts mac = Fakes.Hosts.ByName["macos-x64-hvf"] with { MemoryTotal = ByteSize.FromGiB(16), MemoryAvailable = ByteSize.FromMiB(300) };

        Assert.Empty(Faults(Seven, mac));
        Assert.Contains("the host has 8GiB: 3 of them fit", Assert.Single(Faults(Seven, mac with { MemoryTotal = ByteSize.FromGiB(8) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_too_full_to_begin_is_told_with_what_it_takes()
    {
        HostFacts full = Free(24) with { DiskFree = ByteSize.FromMiB(300) };

        Assert.Equal("only 300MiB are free where QemuLab keeps its files, 352MiB is the least that 7 machines can begin with", Assert.Single(Faults(Seven, full)).Message);
        Assert.Empty(Faults(Seven, full, made: 0));
        Assert.Equal("disk-full", Assert.Single(Faults(Seven, full with { DiskFree = ByteSize.FromMiB(1) }, made: 0)).Code);
        Assert.Empty(Faults(Seven, full with { DiskFree = ByteSize.FromMiB(1) }, made: 0, resume: true));
    }

    [Fact]
    public void Open_files_and_threads_are_counted()
    {
        HostFacts few = Free(24) with { Limits = new ProcessLimits(256, 200, 100) };

        Assert.Equal(
            [
                "7 machines take 84 open files of the daemon, which may have 256 and has 200: 4 of them fit",
                "7 machines take about 126 threads, 100 more may be started here: 5 of them fit",
            ],
            Faults(Seven, few).Select(fault => fault.Message));
        Assert.Contains(Faults(Seven, Free(24) with { Limits = new ProcessLimits(40, 0, 1000) }), fault => fault.Message == "web0 takes 44 open files of its QEMU, which may have 40");
    }

    [Fact]
    public void Two_launches_at_a_time_do_not_get_the_same_memory()
    {
        LabPlan first = PlanGoldenTests.Plan(Seven, Free(20)), second = PlanGoldenTests.Plan(Mixed, Free(20));
        var ledger = new CapacityLedger(() => [], _ => default);
        IDisposable admitted = ledger.Admit(first, first.Machines, 7);

        Assert.Equal("14.33GiB", ledger.PromisedBeside("mixed").ToString());
        Assert.Equal(default, ledger.PromisedBeside("seven"));
        ledger.Admit(second, second.Machines, 3).Dispose();
        LabPlan less = second with { Host = Free(19) };
        Assert.Contains("4.7GiB are free beside the 14.3GiB", Assert.Throws<QemuLabException>(() => ledger.Admit(less, less.Machines, 3)).Message, StringComparison.Ordinal);

        admitted.Dispose();
        ledger.Admit(less, less.Machines, 3).Dispose();
        Assert.Equal(default, ledger.PromisedBeside("mixed"));
    }

    private static HostFacts Free(double gibibytes) => Fakes.Hosts.ByName["linux-x64-kvm"] with { MemoryAvailable = new ByteSize((long)(gibibytes * ByteSize.GiB)) };

    private static PlanFault[] Faults(string text, HostFacts host, ByteSize promised = default, int? made = null, bool resume = false)
    {
        LabPlan plan = PlanGoldenTests.Plan(text, host);
        return [.. Capacity.Faults(plan, new Starting(plan.Machines, promised) { New = made, Resume = resume })];
    }
}
