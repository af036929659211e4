using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;

namespace QemuLab.Tests.Hosts;

public sealed class DoctorTests
{
    internal static readonly HostFacts Facts = new()
    {
        Platform = HostPlatform.Linux,
        Architecture = Architecture.X64,
        KernelRelease = "6.1.0",
        Cores = 8,
        MemoryTotal = ByteSize.FromGiB(32),
        MemoryAvailable = ByteSize.FromGiB(24),
        DiskFree = ByteSize.FromGiB(200),
        Qemu = new QemuFacts("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", new Version(7, 2, 22)),
        Accelerator = new AcceleratorFacts(Accelerator.Kvm, "host", null),
        Uefi = new UefiFirmware("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "60-edk2-x86_64.json"),
    };

    private static readonly DoctorFindings Findings = new()
    {
        Home = "/home/lab/.local/share/qemulab",
        Programs = BuilderTools.All.SelectMany(builder => builder.Tools).Concat(BuilderTools.ForNamespaces).Select(tool => tool.Program)
            .Concat(["ssh", "ssh-keygen"]).ToHashSet(),
        Packages = PackageTool.Apt,
        User = "lab",
        IsRoot = false,
        HasSubordinateIds = true,
    };

    [Fact]
    public void A_host_that_has_everything_gets_nothing_but_ok()
    {
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(Facts, Findings);

        Assert.All(checks, check => Assert.Equal((DoctorResult.Ok, null), (check.Result, check.Fix)));
        Assert.Equal(
            ["QEMU", "qemu-img", "accelerator", "UEFI firmware", "ssh", "ssh-keygen", "memory", "cores", "disk", "home folder", "socket paths", "bridges", "builder of micro", "builder of debian-12-local", "user namespaces"],
            checks.Select(check => check.Name));
    }

    [Theory]
    [InlineData(PackageTool.Apt, "sudo apt-get install -y --no-install-recommends qemu-system-x86", "sudo apt-get install -y --no-install-recommends ovmf")]
    [InlineData(PackageTool.Dnf, "sudo dnf install -y qemu-system-x86-core", "sudo dnf install -y edk2-ovmf")]
    [InlineData(PackageTool.Brew, "brew install qemu", "brew install qemu")]
    public void What_is_missing_comes_with_the_command_that_brings_it(PackageTool tool, string qemu, string firmware)
    {
        HostFacts bare = Facts with { Qemu = null, Accelerator = null, Uefi = null };
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(bare, Findings with { Packages = tool });

        Assert.Equal((DoctorResult.Error, qemu), Of(checks, "QEMU"));
        Assert.Equal((DoctorResult.Warning, firmware), Of(checks, "UEFI firmware"));
    }

    [Fact]
    public void Only_the_program_that_is_missing_is_named_where_one_of_the_two_is_there()
    {
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(
            Facts with { Qemu = null }, Findings with { Programs = Findings.Programs.Except(["qemu-img"]).Append("qemu-system-x86_64").ToHashSet() });

        Assert.Equal((DoctorResult.Ok, null), Of(checks, "QEMU"));
        Assert.Equal((DoctorResult.Error, "sudo apt-get install -y --no-install-recommends qemu-utils"), Of(checks, "qemu-img"));
    }

    [Fact]
    public void An_old_QEMU_is_an_error_and_a_fallback_a_warning_with_its_hint()
    {
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(
            Facts with
            {
                Qemu = Facts.Qemu! with { Version = new Version(6, 2) },
                Accelerator = new AcceleratorFacts(Accelerator.Tcg, "max", "KVM: there is no /dev/kvm", "modprobe"),
            },
            Findings);

        Assert.Equal(DoctorResult.Error, Of(checks, "QEMU").Result);
        Assert.Equal((DoctorResult.Warning, "modprobe"), Of(checks, "accelerator"));
    }

    [Fact]
    public void Short_memory_disk_and_cores_are_told()
    {
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(
            Facts with { MemoryAvailable = ByteSize.FromMiB(900), DiskFree = ByteSize.FromMiB(900), Cores = 1 }, Findings);

        Assert.Equal(DoctorResult.Warning, Of(checks, "memory").Result);
        Assert.Equal(DoctorResult.Warning, Of(checks, "cores").Result);
        Assert.Equal(DoctorResult.Error, Of(checks, "disk").Result);
    }

    [Theory]
    [InlineData(HostPlatform.Linux, 41, DoctorResult.Ok)]
    [InlineData(HostPlatform.Linux, 51, DoctorResult.Ok)]
    [InlineData(HostPlatform.Linux, 52, DoctorResult.Error)]
    [InlineData(HostPlatform.MacOS, 47, DoctorResult.Ok)]
    [InlineData(HostPlatform.MacOS, 48, DoctorResult.Error)]
    public void A_home_whose_sockets_would_not_fit_is_an_error(HostPlatform platform, int length, DoctorResult expected)
    {
        // run/kubernetes-lab/control-plane-0.ssh and its slash: 39 bytes.
        string home = "/" + new string('h', length - 1);

        Assert.Equal(expected, Of(Doctor.Checks(Facts with { Platform = platform }, Findings with { Home = home }), "socket paths").Result);
    }

    [Fact]
    public void Missing_tools_of_builders_are_one_command()
    {
        IReadOnlyList<DoctorCheck> checks = Doctor.Checks(Facts, Findings with { Programs = Findings.Programs.Except(["mmdebstrap", "newuidmap", "newgidmap"]).ToHashSet() });

        Assert.Equal((DoctorResult.Ok, null), Of(checks, "builder of micro"));
        Assert.Equal((DoctorResult.Warning, "sudo apt-get install -y --no-install-recommends mmdebstrap uidmap"), Of(checks, "builder of debian-12-local"));
    }

    [Fact]
    public void User_namespaces_matter_to_all_but_root()
    {
        DoctorFindings denied = Findings with { NamespaceFault = "unshare: Operation not permitted" };

        Assert.Equal(DoctorResult.Warning, Of(Doctor.Checks(Facts, denied), "user namespaces").Result);
        Assert.Equal(DoctorResult.Ok, Of(Doctor.Checks(Facts, denied with { IsRoot = true }), "user namespaces").Result);
        Assert.Contains("usermod", Of(Doctor.Checks(Facts, Findings with { HasSubordinateIds = false }), "user namespaces").Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_home_that_cannot_be_written_to_is_an_error()
    {
        Assert.Equal(DoctorResult.Error, Of(Doctor.Checks(Facts, Findings with { HomeFault = "Permission denied" }), "home folder").Result);
    }

    private static (DoctorResult Result, string? Fix) Of(IReadOnlyList<DoctorCheck> checks, string name)
    {
        DoctorCheck check = Assert.Single(checks, check => check.Name == name);
        return (check.Result, check.Fix);
    }
}
