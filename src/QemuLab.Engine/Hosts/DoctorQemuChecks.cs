using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>QEMU, its tools, the accelerator and the firmware.</summary>
internal static class DoctorQemuChecks
{
    public static DoctorCheck Qemu(HostFacts facts, DoctorFindings findings)
    {
        string program = QemuRequirement.ProgramFor(facts.Architecture);
        return facts.Qemu switch
        {
            { Version: { } version } when version < QemuRequirement.MinimumVersion =>
                DoctorCheck.Error("QEMU", QemuRequirement.TooOld(version), "take the QEMU of a newer release of the distribution, or of its backports"),
            { } qemu => DoctorCheck.Ok("QEMU", $"{qemu.Version} ({qemu.SystemPath})"),
            null when findings.Programs.Contains(program) => DoctorCheck.Ok("QEMU", program),
            null => DoctorCheck.Error("QEMU", $"{program} is not installed", Packages.Fix(findings.Packages, "qemu-" + Suffix(facts))),
        };
    }

    public static DoctorCheck QemuImg(HostFacts facts, DoctorFindings findings) => (facts.Qemu, findings.Programs.Contains("qemu-img")) switch
    {
        ({ } qemu, _) => DoctorCheck.Ok("qemu-img", qemu.ImgPath),
        (_, true) => DoctorCheck.Ok("qemu-img", "installed"),
        _ => DoctorCheck.Error("qemu-img", "qemu-img is not installed", Packages.Fix(findings.Packages, "qemu-img")),
    };

    public static DoctorCheck Accelerator(HostFacts facts)
    {
        const string name = "accelerator";
        return facts.Accelerator switch
        {
            null => DoctorCheck.Warning(name, "not known without a QEMU that will do", null),
            { FallbackReason: { } reason } fallback => DoctorCheck.Warning(name, $"{fallback.Name}, cpu {fallback.CpuModel}: {reason}", fallback.Hint),
            { Accelerator: Engine.Qemu.Accelerator.Tcg } => DoctorCheck.Warning(name, "tcg: machines start 10 to 30 times slower", null),
            { } good => DoctorCheck.Ok(name, $"{good.Name}, cpu {good.CpuModel}; a guest has run under it"),
        };
    }

    public static DoctorCheck Firmware(HostFacts facts, DoctorFindings findings) => facts.Uefi is { } uefi
        ? DoctorCheck.Ok("UEFI firmware", $"{uefi.Code} (by {uefi.Source})")
        : DoctorCheck.Warning("UEFI firmware", "none was found; machines with firmware: bios or kernel start without", Packages.Fix(findings.Packages, "firmware-" + Suffix(facts)));

    private static string Suffix(HostFacts facts) => facts.Architecture == Architecture.Arm64 ? "arm64" : "x64";
}
