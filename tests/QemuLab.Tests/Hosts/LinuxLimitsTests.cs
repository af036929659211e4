using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

/// <summary>Limits of processes and of cgroups, from texts.</summary>
public sealed class LinuxLimitsTests : IDisposable
{
    private const string Table = """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             96365                unlimited            processes
        Max open files            1024                 524288               files
        Max locked memory         unlimited            unlimited            bytes
        """;

    private readonly TemporaryDirectory root = new();

    public void Dispose() => root.Dispose();

    [Theory]
    [InlineData("Max open files", 1024)]
    [InlineData("Max processes", 96365)]
    [InlineData("Max locked memory", int.MaxValue)]
    public void A_limit_is_the_soft_one(string name, int limit) => Assert.Equal(limit, LinuxLimits.ParseLimit(Table, name));

    [Fact]
    public void All_threads_are_counted_by_the_kernel() => Assert.Equal(345, LinuxLimits.ParseThreads("0.20 0.18 0.12 1/345 11206\n"));

    [Fact]
    public void The_narrowest_limit_counts()
    {
        Write("proc/self/limits", Table);
        Write("proc/self/cgroup", "0::/a.slice/b.service\n");
        Write("proc/loadavg", "0.20 0.18 0.12 1/345 11206\n");
        Write("proc/sys/kernel/threads-max", "192730\n");
        Write("proc/sys/kernel/pid_max", "32768\n");
        Write("proc/self/fd/0", "");
        Assert.Equal(new ProcessLimits(1024, 1, 32768 - 345), LinuxLimits.Read(root.Path));

        Write("sys/fs/cgroup/a.slice/pids.max", "600\n");
        Write("sys/fs/cgroup/a.slice/pids.current", "550\n");
        Write("sys/fs/cgroup/a.slice/b.service/pids.max", "max\n");
        Assert.Equal(50, LinuxLimits.Read(root.Path).ThreadsFree);
    }

    [Fact]
    public void Files_that_a_cgroup_has_in_memory_are_not_in_the_way()
    {
        Write("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
        Write("proc/self/cgroup", "0::/a.slice\n");
        Write("sys/fs/cgroup/a.slice/memory.max", "2147483648\n");
        Write("sys/fs/cgroup/a.slice/memory.current", "2000000000\n");
        Write("sys/fs/cgroup/a.slice/memory.stat", "anon 926258176\nfile 1073741824\ninactive_file 573741824\nactive_file 400000000\nslab_reclaimable 100000000\n");

        Assert.Equal(new ByteSize(2147483648 - 926258176), LinuxMemory.Read(root.Path).Available);
    }

    private void Write(string name, string text)
    {
        string path = root.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
