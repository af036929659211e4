using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>What goes wrong with a real QEMU and a real guest is told. Needs what the micro image is built with.</summary>
public sealed class AlarmTests
{
    private const string Lab = """
        name: ill
        image: micro
        defaults: { memory: 128MiB }
        groups: { web: { disks: [{ name: data, size: 2GiB }], watchdog: reset } }
        """;

    /// <summary>Without a root file system, the kernel panics before its driver for it is there, and resets after a second.</summary>
    private const string Loop = """
        name: loop
        image: micro
        defaults: { memory: 128MiB }
        groups: { round: { firmware: { kernel: "KERNEL", append: "console=ttyS0 panic=1 quiet" } } }
        """;

    /// <summary>Feeds the watchdog once, for a quarter of a second, and never again; by hand, because the kernel has no driver for it.</summary>
    private const string FeedOnce = """
        device=$(grep -l 0x25ab /sys/bus/pci/devices/*/device); device=${device%/device}
        echo 1 > $device/enable
        bar=$(head -n 1 $device/resource | cut -d ' ' -f 1)
        unlock() { devmem $((bar + 12)) 16 0x80; devmem $((bar + 12)) 16 0x86; }
        unlock; devmem $bar 32 0x100
        unlock; devmem $((bar + 4)) 32 0x100
        printf '\000\000' | dd of=$device/config bs=1 seek=96 conv=notrunc 2>/dev/null
        (sleep 1; printf '\002' | dd of=$device/config bs=1 seek=104 conv=notrunc 2>/dev/null) >/dev/null 2>&1 </dev/null &
        """;

    [Fact(Timeout = 300_000)]
    public async Task A_watchdog_a_panic_and_a_corrupted_disk_are_told_each_by_its_cause()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));

        await home.OutputAsync("exec", "web", "--", FeedOnce);
        await home.UntilToldAsync("web", "the guest no longer fed its watchdog: it was reset");
        await home.UntilToldAsync("web", "Running (ready)");

        await PanickedAsync(home);
        await CorruptedAsync(home);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_guest_that_resets_again_and_again_ends_the_launch()
    {
        await using var home = new TestHome();
        await home.OutputAsync("image", "pull", "micro");
        string version = Directory.GetDirectories(Path.Combine(TestHome.SharedImages, "micro")).OrderBy(Directory.GetCreationTimeUtc).Last();
        string file = home.Write("lab.yaml", Loop.Replace("KERNEL", Path.Combine(version, "kernel"), StringComparison.Ordinal));

        CommandResult launch = await home.RunAsync("launch-all", file);

        Assert.Equal(1, launch.ExitCode);
        Assert.Contains("error: round: it resets again and again before it is ready [QL0099]\nhint: read: qemulab logs round;", launch.Error, StringComparison.Ordinal);
        Assert.Contains("Conditions:  Degraded", await home.OutputAsync("info", "round"), StringComparison.Ordinal);
    }

    private static async Task PanickedAsync(TestHome home)
    {
        // The session ends with the guest, and not only when its silence is noticed.
        CommandResult exec = await home.RunAsync("exec", "web", "--", "echo c > /proc/sysrq-trigger");
        Assert.Equal(125, exec.ExitCode);
        Assert.StartsWith("error: the connection to web broke off (", exec.Error, StringComparison.Ordinal);
        await home.UntilToldAsync("web", "Failed: the guest's kernel panicked: sysrq triggered crash");

        CommandResult list = await home.RunAsync("list");
        Assert.Contains("alarm: web: the guest's kernel panicked: sysrq triggered crash\nhint: read: qemulab logs web; then: qemulab start web", list.Error, StringComparison.Ordinal);
        string info = await home.OutputAsync("info", "web");
        Assert.Contains("Kernel panic - not syncing: sysrq triggered crash", info, StringComparison.Ordinal);
        Assert.Contains("Call Trace:", info, StringComparison.Ordinal);
        Assert.Contains("GuestPanicked", await home.OutputAsync("events"), StringComparison.Ordinal);
    }

    private static async Task CorruptedAsync(TestHome home)
    {
        string disk = Path.Combine(home.Path, "labs", "ill", "machines", "web", "disk-data.qcow2");
        Corrupt(disk);
        await home.OutputAsync("start", "web");
        Assert.DoesNotContain("Alarm:", await home.OutputAsync("info", "web"), StringComparison.Ordinal);

        Assert.Equal(1, (await home.RunAsync("exec", "web", "--", "dd if=/dev/vdb of=/dev/null bs=1M skip=1200 count=1")).ExitCode);
        await home.UntilToldAsync("web", "Running (ready), disk corrupted");
        Assert.Contains("the file of its disk data is corrupted: L2 table offset 0x50200 unaligned", await home.OutputAsync("info", "web"), StringComparison.Ordinal);

        TestHome.Kill(home.DaemonProcess()!.Value);
        Assert.Contains("disk corrupted", await home.OutputAsync("list"), StringComparison.Ordinal);

        // QEMU's own messages go on after its start, and the ones of the start before are kept.
        Assert.Contains("Marking image as corrupt", await home.OutputAsync("logs", "--qemu", "web"), StringComparison.Ordinal);
        using (JsonDocument machines = JsonDocument.Parse(await home.OutputAsync("list", "--json")))
        {
            int qemu = machines.RootElement[0].GetProperty("processId").GetInt32();
            await new CommandRunner().RunAsync(new Command("kill", "-TERM", qemu.ToString(CultureInfo.InvariantCulture)));
        }

        await home.UntilToldAsync("web", "Failed: ");
        Assert.Contains("terminating on signal 15", await home.OutputAsync("logs", "--qemu", "web"), StringComparison.Ordinal);
        CommandResult start = await home.RunAsync("start", "web");
        Assert.Equal(1, start.ExitCode);
        Assert.Contains("Image is corrupt; cannot be opened read/write", start.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: mend the file that it names", start.Error, StringComparison.Ordinal);
        Assert.Contains("terminating on signal 15", await File.ReadAllTextAsync(Path.Combine(home.Path, "labs", "ill", "machines", "web", "qemu.log.1")), StringComparison.Ordinal);
    }

    /// <summary>What lies at 1 GiB and after it is said to be in the midst of a cluster, which QEMU sees when it is read: the third entry of the L1 table.</summary>
    private static void Corrupt(string disk)
    {
        using FileStream file = new(disk, FileMode.Open, FileAccess.ReadWrite);
        byte[] number = new byte[8];
        file.Position = 40;
        file.ReadExactly(number);
        file.Position = BinaryPrimitives.ReadInt64BigEndian(number) + (2 * 8);
        BinaryPrimitives.WriteUInt64BigEndian(number, 0x8000_0000_0005_0200);
        file.Write(number);
    }
}
