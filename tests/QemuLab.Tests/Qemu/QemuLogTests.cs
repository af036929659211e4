using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qemu;

public sealed class QemuLogTests
{
    [Fact]
    public async Task What_the_start_before_said_is_set_aside_and_a_failed_start_is_told_whole()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "qemu.log");
        var log = new QemuLog(path);
        Assert.Null(log.LastWords);

        await File.WriteAllTextAsync(path, "2026-11-21T18:14:25.634957Z qemu-system-x86_64: terminating on signal 15 from pid 17931 (bash)\n\n");
        Assert.Equal("terminating on signal 15 from pid 17931 (bash)", log.LastWords);

        log.SetAside();
        log.SetAside();
        Assert.StartsWith("2026-", await File.ReadAllTextAsync(path + ".1"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(path, "");
        log.SetAside();
        Assert.Equal([path], Directory.GetFiles(folder.Path));

        await File.WriteAllTextAsync(path, "in the file\n");
        Assert.Equal("on standard error\nin the file\n", await log.CompleteAsync("on standard error\n"));
        Assert.Equal("on standard error\nin the file\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public void Words_are_told_without_time_and_program() =>
        Assert.Equal("-m 1: bad\nand: more", QemuLog.Plain("2026-11-21T18:14:25.634957Z qemu-system-x86_64: -m 1: bad\nqemu-system-aarch64: and: more"));
}
