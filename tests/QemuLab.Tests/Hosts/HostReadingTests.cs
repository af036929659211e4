using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

/// <summary>What is read of the host, from texts.</summary>
public sealed class HostReadingTests
{
    [Fact]
    public void Memory_is_what_the_kernel_says()
    {
        MemoryFacts facts = LinuxMemory.ParseMeminfo("MemTotal:       24684096 kB\nMemFree:        100 kB\nMemAvailable:   24326904 kB\n");

        Assert.Equal(new MemoryFacts(new ByteSize(24684096L * 1024), new ByteSize(24326904L * 1024)), facts);
    }

    [Fact]
    public void A_limit_of_our_cgroup_or_of_one_above_it_counts()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("proc/self"));
        Directory.CreateDirectory(root.File("sys/fs/cgroup/a.slice/b.service"));
        File.WriteAllText(root.File("proc/meminfo"), "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
        File.WriteAllText(root.File("proc/self/cgroup"), "0::/a.slice/b.service\n");
        File.WriteAllText(root.File("sys/fs/cgroup/a.slice/b.service/memory.max"), "max\n");
        File.WriteAllText(root.File("sys/fs/cgroup/a.slice/memory.max"), "2147483648\n");
        File.WriteAllText(root.File("sys/fs/cgroup/a.slice/memory.current"), "1073741824\n");

        Assert.Equal(new MemoryFacts(ByteSize.FromGiB(2), ByteSize.FromGiB(1)), LinuxMemory.Read(root.Path));
    }

    [Fact]
    public void Routes_are_networks_and_the_default_route_is_none()
    {
        const string table =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
            + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
            + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
            + "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n";

        Assert.Equal(["192.0.2.0/24", "10.0.0.0/8"], HostSubnets.ParseRoutes(table).Select(use => use.Subnet.ToString()));
    }

    [Fact]
    public void On_macOS_free_inactive_and_speculative_pages_can_be_had()
    {
        const string pages = """
            Mach Virtual Memory Statistics: (page size of 16384 bytes)
            Pages free:                               10000.
            Pages active:                            400000.
            Pages inactive:                           20000.
            Pages speculative:                         5000.
            Pages wired down:                         90000.
            """;

        Assert.Equal(new MemoryFacts(ByteSize.FromGiB(16), new ByteSize(35000L * 16384)), MacHost.ParseMemory("17179869184\n", pages));
    }

    [Theory]
    [InlineData("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright…", "7.2.22")]
    [InlineData("QEMU emulator version 10.1.0\n", "10.1.0")]
    [InlineData("QEMU emulator version 8.0\n", "8.0")]
    [InlineData("QEMU emulator version 9.2.50 (v9.2.0-1-gdeadbeef)\n", "9.2.50")]
    [InlineData("something else", null)]
    public void The_version_is_taken_from_the_first_line(string output, string? version) =>
        Assert.Equal(version, QemuRequirement.ParseVersion(output)?.ToString());

    [Fact]
    public void A_QEMU_that_is_too_old_is_refused_with_the_reason()
    {
        HostFacts facts = DoctorTests.Facts with { Qemu = new QemuFacts("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", new Version(6, 2, 0)) };

        QemuLabException fault = Assert.Throws<QemuLabException>(facts.QemuOrThrow);

        Assert.Equal("qemu-too-old", fault.Code);
        Assert.Equal("QEMU 6.2.0 is too old: QemuLab needs 7.2 or newer, for -netdev dgram, which joins the machines of a rootless network", fault.Message);
        Assert.Equal("qemu-missing", Assert.Throws<QemuLabException>((facts with { Qemu = null }).QemuOrThrow).Code);
    }

    [Fact]
    public void Programs_are_found_in_PATH_and_must_be_executable()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("ql-plain"), "");
        File.WriteAllText(folder.File("ql-program"), "");
        File.SetUnixFileMode(folder.File("ql-program"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var search = new ProgramSearch($"relative:{folder.Path}");

        Assert.Null(search.Find("ql-plain"));
        Assert.Equal(folder.File("ql-program"), search.Find("ql-plain", "ql-program"));
        Assert.Equal(folder.File("ql-program"), search.Find("ql-missing", folder.File("ql-program")));
    }
}
