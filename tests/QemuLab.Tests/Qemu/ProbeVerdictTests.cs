using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qemu;

public sealed class ProbeVerdictTests
{
    private const string Whole = "RPTGLHUWFNXCAIS";

    private static readonly ProbePayload Payload = ProbePayload.For(Architecture.X64, [0xFA]);

    public static TheoryData<int, string, string, bool, string?> Runs => new()
    {
        { 33, Whole, "", false, null },
        { 33, "RPTGL", "", false, "QEMU refused (it said nothing)" },
        { 33, Whole + "x", "", false, "QEMU refused (it said nothing)" },
        { 35, "RPTGLHUWFNX", "", false, "the guest came to a wrong result and stopped at stage C (time stamp counter)" },
        { 0, "RPTGLHUWFNXCAI", "", false, "the guest crashed: it stopped at stage S (system calls from ring 3)" },
        { 0, Whole, "", false, "the guest crashed: it said more than it should" },
        { 0, "", "", false, "the guest crashed: it stopped at stage R (real mode)" },
        { -1, "RPTGLHUWFN", "", true, "the guest stopped at stage X (SSE)" },
        { -1, Whole, "", true, "the guest did not end" },
        { 134, "", "warning: something\nqemu-system-x86_64: kvm_buf_set_msrs: Assertion failed.\n", false, "QEMU aborted (kvm_buf_set_msrs: Assertion failed.)" },
        { 1, "", "qemu-system-x86_64: invalid accelerator hvf\n", false, "QEMU refused (invalid accelerator hvf)" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Only_exit_code_33_with_the_whole_string_is_good(int exitCode, string output, string error, bool timedOut, string? failure)
    {
        var result = new CommandResult(exitCode, output, error, timedOut);

        Assert.Equal(failure, ProbeVerdict.Of(Payload, ProbeCandidate.Translator, result).Failure);
    }

    [Fact]
    public void On_arm64_the_machine_must_have_switched_itself_off_after_its_letter()
    {
        ProbePayload payload = ProbePayload.For(Architecture.Arm64, []);

        Assert.True(ProbeVerdict.Of(payload, ProbeCandidate.KvmOnArm64[0], RecordingRunner.Output("A")).IsGood);
        Assert.False(ProbeVerdict.Of(payload, ProbeCandidate.KvmOnArm64[0], RecordingRunner.Output("")).IsGood);
        Assert.False(ProbeVerdict.Of(payload, ProbeCandidate.KvmOnArm64[0], RecordingRunner.Hang("A")).IsGood);
    }
}
