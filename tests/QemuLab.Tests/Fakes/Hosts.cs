using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Tests.Fakes;

/// <summary>Hosts as a probe would find them, for plans that do not depend on the machine that the tests run on.</summary>
internal static class Hosts
{
    private static readonly HostFacts LinuxX64 = new()
    {
        Platform = HostPlatform.Linux,
        Architecture = Architecture.X64,
        KernelRelease = "6.1.0-30-amd64",
        Cores = 8,
        MemoryTotal = ByteSize.FromGiB(32),
        MemoryAvailable = ByteSize.FromGiB(24),
        DiskFree = ByteSize.FromGiB(200),
        Qemu = new QemuFacts("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", new Version(7, 2, 22)),
        Accelerator = new AcceleratorFacts(Accelerator.Kvm, "host", null),
        Uefi = new UefiFirmware("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/qemu/firmware/60-edk2-x86_64.json"),
    };

    private static readonly HostFacts MacArm64 = LinuxX64 with
    {
        Platform = HostPlatform.MacOS,
        Architecture = Architecture.Arm64,
        KernelRelease = "24.6.0",
        Qemu = new QemuFacts("/opt/homebrew/bin/qemu-system-aarch64", "/opt/homebrew/bin/qemu-img", new Version(10, 1, 0)),
        Accelerator = new AcceleratorFacts(Accelerator.Hvf, "host", null),
        Uefi = new UefiFirmware("/opt/homebrew/share/qemu/edk2-aarch64-code.fd", "/opt/homebrew/share/qemu/edk2-arm-vars.fd", "table: Homebrew"),
    };

    public static readonly IReadOnlyDictionary<string, HostFacts> ByName = new Dictionary<string, HostFacts>
    {
        ["linux-x64-kvm"] = LinuxX64 with { BridgeRefusal = null, HasVhostNet = true, Dnsmasq = "/usr/sbin/dnsmasq" },
        ["linux-x64-tcg"] = LinuxX64 with
        {
            Cores = 2,
            BridgeRefusal = "it takes CAP_NET_ADMIN, which QemuLab does not have",
            BridgeRemedy = "allow bridges to your user once: qemulab network sudoers",
            Accelerator = new AcceleratorFacts(Accelerator.Tcg, "max", "/dev/kvm is not there", "turn virtualisation on in the firmware"),
        },
        ["linux-arm64-kvm"] = LinuxX64 with
        {
            Architecture = Architecture.Arm64,
            Qemu = new QemuFacts("/usr/bin/qemu-system-aarch64", "/usr/bin/qemu-img", new Version(7, 2, 22)),
            Uefi = new UefiFirmware("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd", "table: Debian AAVMF"),
        },
        ["macos-arm64-hvf"] = MacArm64,
        ["macos-x64-hvf"] = MacArm64 with
        {
            Architecture = Architecture.X64,
            Qemu = new QemuFacts("/usr/local/bin/qemu-system-x86_64", "/usr/local/bin/qemu-img", new Version(10, 1, 0)),
            Uefi = new UefiFirmware("/usr/local/share/qemu/edk2-x86_64-code.fd", "/usr/local/share/qemu/edk2-i386-vars.fd", "table: Homebrew"),
        },
    };
}
