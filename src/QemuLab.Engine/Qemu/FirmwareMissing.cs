using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Qemu;

/// <summary>There is no UEFI firmware: says where it was looked for and which package brings it.</summary>
internal static class FirmwareMissing
{
    public static QemuLabException For(string machine, HostFacts host) => new(
        ErrorKind.Failed,
        "firmware-missing",
        $"{machine}: no UEFI firmware was found; looked for:\n  {string.Join("\n  ", host.FirmwareTried)}",
        $"{Advice(host.Platform, host.Architecture)}, or use firmware: bios");

    /// <summary>Such as <c>install the package ovmf (Debian, Ubuntu) or edk2-ovmf (Fedora, Arch)</c>.</summary>
    public static string Advice(HostPlatform platform, Architecture architecture) => (platform, architecture) switch
    {
        (HostPlatform.MacOS, _) => "run: brew install qemu (it brings the firmware)",
        (_, Architecture.Arm64) => "install the package qemu-efi-aarch64 (Debian, Ubuntu) or edk2-aarch64 (Fedora, Arch)",
        _ => "install the package ovmf (Debian, Ubuntu), edk2-ovmf (Fedora, Arch) or qemu-ovmf-x86_64 (openSUSE)",
    };
}
