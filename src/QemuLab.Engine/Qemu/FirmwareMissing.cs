namespace QemuLab.Engine.Qemu;

internal static class FirmwareMissing
{
    public static QemuLabException For(string machine, Hosts.HostFacts host) => new(
        ErrorKind.Failed,
        "firmware-missing",
        $"{machine}: no UEFI firmware was found; looked for:\n  {string.Join("\n  ", host.FirmwareTried)}",
        "install the package ovmf (Debian, Ubuntu), edk2-ovmf (Fedora, Arch) or qemu (Homebrew), or use firmware: bios");
}
