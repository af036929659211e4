using System.Runtime.InteropServices;

namespace QemuLab.Engine.Qemu;

/// <summary>A pair of code and variables that a distribution is known to install, for hosts without descriptors.</summary>
/// <param name="Distribution">Whose it is.</param>
internal sealed record FirmwarePair(string Distribution, string Code, string Vars)
{
    public override string ToString() => $"{Code} with {System.IO.Path.GetFileName(Vars)} ({Distribution})";
}

/// <summary>The known pairs, raw images without secure boot; on arm64 both are padded to the 64 MiB that the flash of -machine virt has.</summary>
internal static class FirmwareTable
{
    private static readonly FirmwarePair[] X64 =
    [
        new("Debian, Ubuntu", "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        new("Debian, Ubuntu, older", "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
        new("Fedora", "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
        new("Arch", "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
        new("Arch, older", "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"),
        new("openSUSE", "/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
        new("openSUSE, older", "/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"),
    ];

    private static readonly FirmwarePair[] Arm64 =
    [
        new("Debian, Ubuntu, Fedora", "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
        new("Debian 13, Ubuntu", "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
        new("Fedora", "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw"),
        new("Arch", "/usr/share/edk2/aarch64/QEMU_CODE.fd", "/usr/share/edk2/aarch64/QEMU_VARS.fd"),
        new("openSUSE", "/usr/share/qemu/aavmf-aarch64-code.bin", "/usr/share/qemu/aavmf-aarch64-vars.bin"),
    ];

    /// <param name="architecture">The guests'.</param>
    /// <param name="qemuShare">QEMU's own data folder (<c>PREFIX/share/qemu</c>), where Homebrew and builds from source have the firmware; comes last.</param>
    public static IEnumerable<FirmwarePair> For(Architecture architecture, string qemuShare) => architecture == Architecture.Arm64
        ? [.. Arm64, new("QEMU's own", $"{qemuShare}/edk2-aarch64-code.fd", $"{qemuShare}/edk2-arm-vars.fd")]
        : [.. X64, new("QEMU's own", $"{qemuShare}/edk2-x86_64-code.fd", $"{qemuShare}/edk2-i386-vars.fd")];
}
