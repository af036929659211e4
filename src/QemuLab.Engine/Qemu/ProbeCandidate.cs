namespace QemuLab.Engine.Qemu;

/// <summary>An accelerator with a CPU model: one thing to be tried.</summary>
/// <param name="Accelerator">What is to run the payload.</param>
/// <param name="CpuModel">The model that machines would then get.</param>
internal sealed record ProbeCandidate(Accelerator Accelerator, string CpuModel)
{
    /// <summary>What works everywhere.</summary>
    public static readonly ProbeCandidate Translator = new(Accelerator.Tcg, "max");

    /// <summary>
    /// From best to worst. Without arch-capabilities: QEMU aborts where the hypervisor does not know that MSR (0x10a).
    /// qemu64: the least that a kernel needs, for hypervisors that cannot carry the host's own model.
    /// </summary>
    public static readonly IReadOnlyList<ProbeCandidate> KvmOnX64 =
    [
        new(Accelerator.Kvm, "host"),
        new(Accelerator.Kvm, "host,-arch-capabilities"),
        new(Accelerator.Kvm, "qemu64"),
    ];

    public static readonly IReadOnlyList<ProbeCandidate> KvmOnArm64 = [new(Accelerator.Kvm, "host")];

    public static readonly IReadOnlyList<ProbeCandidate> Hvf = [new(Accelerator.Hvf, "host")];
}
