using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qemu;

public sealed class AcceleratorProbeTests : IDisposable
{
    private static readonly CommandResult Good = RecordingRunner.Output("RPTGLHUWFNXCAIS", 33);
    private readonly TemporaryDirectory home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task The_best_candidate_that_runs_the_guest_is_taken_without_a_word()
    {
        (AcceleratorFacts facts, RecordingRunner runner) = await ProbeAsync(KvmAccess.Usable, _ => Good);

        Assert.Equal(new AcceleratorFacts(Accelerator.Kvm, "host", null), facts);
        Assert.All(runner.Commands, command => Assert.Equal(TimeSpan.FromSeconds(2), command.TimeLimit));
    }

    [Fact]
    public async Task A_kvm_that_hangs_at_SSE_gives_the_translator_and_the_reason_of_each_model()
    {
        (AcceleratorFacts facts, _) = await ProbeAsync(KvmAccess.Usable, candidate => candidate switch
        {
            "kvm host" => RecordingRunner.Failure("qemu-system-x86_64: kvm_buf_set_msrs: Assertion failed", 134),
            "tcg max" => Good,
            _ => RecordingRunner.Hang("RPTGLHUWFN"),
        });

        Assert.Equal(Accelerator.Tcg, facts.Accelerator);
        Assert.Equal("max", facts.CpuModel);
        Assert.Equal(
            "KVM: QEMU aborted (kvm_buf_set_msrs: Assertion failed) under cpu host; the guest stopped at stage X (SSE) under cpu host,-arch-capabilities and qemu64",
            facts.FallbackReason);
        Assert.Contains("nested", facts.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lesser_model_is_taken_with_the_reason()
    {
        (AcceleratorFacts facts, _) = await ProbeAsync(KvmAccess.Usable, candidate =>
            candidate == "kvm host" ? RecordingRunner.Failure("aborted", 134) : Good);

        Assert.Equal("host,-arch-capabilities", facts.CpuModel);
        Assert.Equal("KVM: QEMU aborted (aborted) under cpu host", facts.FallbackReason);
        Assert.Null(facts.Hint);
    }

    [Theory]
    [InlineData(KvmAccess.Missing, "there is no /dev/kvm", "modprobe")]
    [InlineData(KvmAccess.Denied, "permission denied", "usermod -aG kvm")]
    public async Task Without_a_kvm_to_open_only_the_translator_is_tried(KvmAccess access, string reason, string hint)
    {
        (AcceleratorFacts facts, RecordingRunner runner) = await ProbeAsync(access, _ => Good);

        Assert.Single(runner.Commands);
        Assert.Equal(Accelerator.Tcg, facts.Accelerator);
        Assert.Contains(reason, facts.FallbackReason, StringComparison.Ordinal);
        Assert.Contains(hint, facts.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_macOS_hvf_is_tried()
    {
        (AcceleratorFacts facts, _) = await ProbeAsync(null, candidate =>
            candidate == "hvf host" ? RecordingRunner.Failure("qemu-system-x86_64: Error: HV_DENIED") : Good);

        Assert.Equal(Accelerator.Tcg, facts.Accelerator);
        Assert.Contains("brew", facts.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_works_the_translator_is_named_with_its_own_fault()
    {
        (AcceleratorFacts facts, _) = await ProbeAsync(KvmAccess.Missing, _ => RecordingRunner.Hang("R"));

        Assert.Equal(Accelerator.Tcg, facts.Accelerator);
        Assert.Contains("TCG: the guest stopped at stage P (protected mode) under cpu max", facts.FallbackReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Candidates_that_still_run_when_a_better_one_is_good_are_ended()
    {
        var runner = new RecordingRunner(async (command, cancellation) =>
        {
            if (Candidate(command) != "kvm host")
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            return Good;
        });

        AcceleratorFacts facts = await new AcceleratorProbe(runner, home.Path).RunAsync("qemu", Architecture.X64, KvmAccess.Usable);

        Assert.Equal("host", facts.CpuModel);
        Assert.Empty(Directory.GetFiles(home.Path));
    }

    private async Task<(AcceleratorFacts Facts, RecordingRunner Runner)> ProbeAsync(KvmAccess? access, Func<string, CommandResult> answer)
    {
        var runner = new RecordingRunner(command => answer(Candidate(command)));
        AcceleratorFacts facts = await new AcceleratorProbe(runner, home.Path).RunAsync("qemu", Architecture.X64, access);
        Assert.Empty(Directory.GetFiles(home.Path));
        return (facts, runner);
    }

    private static string Candidate(Command command)
    {
        List<string> arguments = [.. command.Arguments];
        Assert.Equal(0x10000, new FileInfo(arguments[^1]).Length);
        return $"{arguments[arguments.IndexOf("-accel") + 1]} {arguments[arguments.IndexOf("-cpu") + 1]}";
    }
}
