using System.Diagnostics;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Integration.Tests.Hosts;

public sealed class HostProbeTests : IDisposable
{
    private readonly Scratch home = new();
    private readonly CountingRunner runner = new();

    public void Dispose() => home.Dispose();

    private StatePaths Paths => new(home.Path);

    [Fact]
    public async Task The_accelerator_that_is_chosen_has_run_a_guest_and_the_choice_is_consistent()
    {
        await RealHost.WithQemuAsync();
        long start = Stopwatch.GetTimestamp();

        HostFacts facts = await HostProbe.ProbeAsync(Paths, runner, new NetworkRights(runner));

        AcceleratorFacts chosen = Assert.IsType<AcceleratorFacts>(facts.Accelerator);
        Assert.True(chosen.Accelerator != Accelerator.Tcg || chosen.FallbackReason is not null, "the translator needs a reason");
        Assert.Equal(chosen is { Accelerator: Accelerator.Kvm or Accelerator.Hvf, CpuModel: "host" }, chosen.FallbackReason is null);
        if (facts.Platform == HostPlatform.Linux && !File.Exists("/dev/kvm"))
        {
            Assert.Contains("/dev/kvm", chosen.FallbackReason, StringComparison.Ordinal);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{chosen} after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task A_second_probe_starts_no_program_and_says_the_same()
    {
        await RealHost.WithQemuAsync();
        HostFacts first = await HostProbe.ProbeAsync(Paths, runner, new NetworkRights(runner));
        int started = runner.Started;
        long start = Stopwatch.GetTimestamp();

        HostFacts second = await HostProbe.ProbeAsync(Paths, runner, new NetworkRights(runner));

        TestContext.Current.TestOutputHelper?.WriteLine($"remembered: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
        Assert.Equal((first.Accelerator, first.Qemu, first.Uefi), (second.Accelerator, second.Qemu, second.Uefi));
        Assert.True(runner.Started == started || OperatingSystem.IsMacOS());
    }

    [Fact]
    public async Task A_cache_that_is_broken_is_written_anew()
    {
        await RealHost.WithQemuAsync();
        await File.WriteAllTextAsync(Paths.ProbeCache, "{ broken");

        HostFacts facts = await HostProbe.ProbeAsync(Paths, runner, new NetworkRights(runner));

        Assert.NotNull(facts.Accelerator);
        Assert.Contains("\"accelerator\"", await File.ReadAllTextAsync(Paths.ProbeCache), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_facts_are_those_of_this_machine()
    {
        HostFacts facts = await HostProbe.ProbeAsync(Paths, runner, new NetworkRights(runner));
        HostFacts fresh = await HostProbe.RefreshAsync(facts, Paths, new NetworkRights(runner));

        Assert.InRange(facts.MemoryAvailable.Bytes, 1, facts.MemoryTotal.Bytes);
        Assert.InRange(facts.Cores, 1, 4096);
        Assert.InRange(facts.DiskFree.Bytes, 1, long.MaxValue);
        Assert.Contains("127.0.0.0/8", facts.SubnetsInUse.Select(use => use.Subnet.ToString()));
        Assert.DoesNotContain("0.0.0.0/0", facts.SubnetsInUse.Select(use => use.Subnet.ToString()));
        Assert.Equal((facts.Qemu, facts.Accelerator, facts.KernelRelease), (fresh.Qemu, fresh.Accelerator, fresh.KernelRelease));
    }

    [Fact]
    public async Task The_firmware_that_is_found_is_there()
    {
        HostFacts facts = await RealHost.WithQemuAsync();
        Assert.SkipWhen(facts.Uefi is null, "needs a UEFI firmware: sudo apt-get install -y ovmf");

        Assert.True(File.Exists(facts.Uefi.Code) && File.Exists(facts.Uefi.VarsTemplate));
        Assert.DoesNotContain("secboot", facts.Uefi.Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_examines_this_machine_and_leaves_nothing()
    {
        HostFacts facts = await RealHost.WithQemuAsync();

        IReadOnlyList<DoctorCheck> checks = await Doctor.ExamineAsync(facts, Paths, runner);

        Assert.Equal(DoctorResult.Ok, Assert.Single(checks, check => check.Name == "QEMU").Result);
        Assert.All(checks, check => Assert.False(check.Result == DoctorResult.Error && check.Fix is null, check.Name));
        Assert.Empty(Directory.EnumerateFileSystemEntries(home.Path));
        foreach (DoctorCheck check in checks)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{check.Result} {check.Name}: {check.Message} {check.Fix}");
        }
    }

    private sealed class CountingRunner : ICommandRunner
    {
        private readonly CommandRunner real = new();
        private int started;

        public int Started => started;

        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
        {
            Interlocked.Increment(ref started);
            return real.RunAsync(command, cancellation);
        }
    }
}
