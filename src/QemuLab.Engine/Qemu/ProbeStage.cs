namespace QemuLab.Engine.Qemu;

/// <summary>One thing that the probe's payload proves, with the letter that it then writes.</summary>
/// <param name="Letter">As it comes on standard output.</param>
/// <param name="Meaning">For people.</param>
internal sealed record ProbeStage(char Letter, string Meaning)
{
    /// <summary>The order of probe.asm.</summary>
    public static readonly IReadOnlyList<ProbeStage> X64 =
    [
        new('R', "real mode"),
        new('P', "protected mode"),
        new('T', "page tables"),
        new('G', "paging"),
        new('L', "64-bit code"),
        new('H', "code in the high half"),
        new('U', "exceptions"),
        new('W', "model-specific registers"),
        new('F', "page faults"),
        new('N', "x87"),
        new('X', "SSE"),
        new('C', "time stamp counter"),
        new('A', "APIC timer"),
        new('I', "inter-processor interrupts"),
        new('S', "system calls from ring 3"),
    ];

    public static readonly IReadOnlyList<ProbeStage> Arm64 = [new('A', "the first instructions")];
}
