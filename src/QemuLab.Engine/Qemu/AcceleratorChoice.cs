namespace QemuLab.Engine.Qemu;

/// <summary>The accelerator to use, and why, from what the probe has found.</summary>
internal static class AcceleratorChoice
{
    private const string BiosHint = "turn virtualisation (VT-x, AMD-V) on in the host's firmware, or nested virtualisation on in the hypervisor that the host runs in";

    /// <param name="verdicts">From the best candidate to the worst, ending with the first good one or with the translator.</param>
    /// <param name="device">What /dev/kvm looks like; null where there is no such thing (macOS).</param>
    public static AcceleratorFacts From(IReadOnlyList<ProbeVerdict> verdicts, KvmAccess? device)
    {
        ProbeVerdict chosen = verdicts[^1];
        string[] reasons = [.. DeviceReasons(device), .. FailureReasons(verdicts.Where(verdict => !verdict.IsGood))];
        return new AcceleratorFacts(
            chosen.Candidate.Accelerator,
            chosen.Candidate.CpuModel,
            reasons.Length == 0 ? null : string.Join("; ", reasons),
            reasons.Length == 0 ? null : Hint(verdicts, device),
            reasons.Length == 0 ? null : Summary(verdicts, device));
    }

    /// <summary>Of the candidates of one accelerator the last one asked for least, so that its failure says most.</summary>
    private static string Summary(IReadOnlyList<ProbeVerdict> verdicts, KvmAccess? device) => string.Join("; ",
    [
        .. DeviceReasons(device),
        .. verdicts.Where(verdict => !verdict.IsGood).GroupBy(verdict => verdict.Candidate.Accelerator).Select(of => $"{of.Key.ToString().ToUpperInvariant()}: {of.Last().Failure}"),
    ]);

    private static IEnumerable<string> DeviceReasons(KvmAccess? device) => device switch
    {
        KvmAccess.Missing => ["KVM: there is no /dev/kvm"],
        KvmAccess.Denied => ["KVM: /dev/kvm may not be opened (permission denied)"],
        _ => [],
    };

    /// <summary>One sentence for each accelerator; candidates that failed in the same way are named together.</summary>
    private static IEnumerable<string> FailureReasons(IEnumerable<ProbeVerdict> failed) =>
        failed.GroupBy(verdict => verdict.Candidate.Accelerator)
            .Select(of => $"{of.Key.ToString().ToUpperInvariant()}: " + string.Join("; ", of
                .GroupBy(verdict => verdict.Failure)
                .Select(same => $"{same.Key} under cpu {string.Join(" and ", same.Select(verdict => verdict.Candidate.CpuModel))}")));

    private static string? Hint(IReadOnlyList<ProbeVerdict> verdicts, KvmAccess? device)
    {
        string failures = string.Join('\n', verdicts.Select(verdict => verdict.Failure));
        return (device, verdicts[^1].Candidate.Accelerator) switch
        {
            (KvmAccess.Denied, _) => "join the group kvm and log in again: sudo usermod -aG kvm $USER",
            (KvmAccess.Missing, _) => BiosHint + ", then: sudo modprobe kvm_intel || sudo modprobe kvm_amd",
            (_, Accelerator.Kvm) => null,
            _ when failures.Contains("busy", StringComparison.OrdinalIgnoreCase) => "another hypervisor (VirtualBox, VMware) holds the CPU's virtualisation: stop its machines",
            _ when failures.Contains("HV_DENIED", StringComparison.Ordinal) => "QEMU is not signed for the hypervisor: brew reinstall qemu",
            (KvmAccess.Usable, _) => "is this host itself a virtual machine? Then its hypervisor must carry nested guests, and wholly; on real hardware, try a newer kernel or QEMU",
            _ => null,
        };
    }
}
