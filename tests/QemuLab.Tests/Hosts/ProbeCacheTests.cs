using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class ProbeCacheTests : IDisposable
{
    private readonly TemporaryDirectory home = new();
    private readonly ProbeCacheEntry entry = new("key", new Version(7, 2, 22), new AcceleratorFacts(Accelerator.Kvm, "host", "why", "hint"));

    public void Dispose() => home.Dispose();

    private ProbeCache Cache => new(home.File("probe.json"));

    [Fact]
    public void What_was_written_is_read_again()
    {
        Cache.Write(entry);

        Assert.Equal(entry, Cache.Read("key"));
    }

    [Fact]
    public void An_entry_for_another_state_of_the_host_counts_as_none()
    {
        Cache.Write(entry);

        Assert.Null(Cache.Read("another key"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "key": "key" }""")]
    [InlineData("""{ "key": "key", "qemuVersion": "seven" }""")]
    public void A_broken_file_counts_as_none_and_is_written_anew(string broken)
    {
        File.WriteAllText(home.File("probe.json"), broken);

        Assert.Null(Cache.Read("key"));
        Cache.Write(entry);
        Assert.Equal(entry, Cache.Read("key"));
    }

    [Fact]
    public void A_folder_that_is_not_there_costs_no_more_than_a_probe()
    {
        var cache = new ProbeCache(home.File("gone/probe.json"));

        cache.Write(entry);

        Assert.Null(cache.Read("key"));
    }

    [Fact]
    public void The_key_changes_with_QEMU_the_kernel_the_boot_and_the_device()
    {
        string qemu = home.File("qemu");
        File.WriteAllText(qemu, "one");
        var device = new KvmDevice(KvmAccess.Usable, "1/2");
        string key = ProbeCache.KeyFor(qemu, "6.1", "boot", device);

        Assert.Equal(key, ProbeCache.KeyFor(qemu, "6.1", "boot", device));
        Assert.NotEqual(key, ProbeCache.KeyFor(qemu, "6.2", "boot", device));
        Assert.NotEqual(key, ProbeCache.KeyFor(qemu, "6.1", "next boot", device));
        Assert.NotEqual(key, ProbeCache.KeyFor(qemu, "6.1", "boot", device with { Access = KvmAccess.Denied }));
        Assert.NotEqual(key, ProbeCache.KeyFor(qemu, "6.1", "boot", device with { Identity = "1/3" }));
        File.WriteAllText(qemu, "another");
        Assert.NotEqual(key, ProbeCache.KeyFor(qemu, "6.1", "boot", device));
    }
}
