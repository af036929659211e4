using System.Diagnostics;
using QemuLab.Api;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Consoles;

public sealed class LogWatchTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();
    private readonly ManualTimeProvider clock = new();
    private readonly MachineDirectory machine;

    public LogWatchTests() => machine = new MachineDirectory(folder.Path, folder.Path, "box");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_log_beyond_the_limit_is_cut_and_one_below_it_is_left_alone()
    {
        using LogWatch watch = Watch();
        var log = new SerialLog(machine.SerialLog);
        watch.Look();
        Assert.False(File.Exists(log.Marks));

        File.WriteAllText(log.Path, "hello\n");
        watch.Look();
        watch.Look();
        Assert.Single(File.ReadAllLines(log.Marks));
        Assert.False(File.Exists(log.Previous));

        File.AppendAllText(log.Path, new string('x', (int)LogWatch.Limit));
        watch.Look();
        watch.Look();
        Assert.Equal((0, LogWatch.Limit), (new FileInfo(log.Path).Length, new FileInfo(log.Previous).Length));
    }

    [Fact]
    public void What_nothing_runs_of_is_not_looked_at()
    {
        using var watch = new LogWatch(clock, () => []);
        File.WriteAllText(machine.SerialLog, new string('x', (int)LogWatch.Limit + 1));
        watch.Look();
        Assert.Equal(LogWatch.Limit + 1, new FileInfo(machine.SerialLog).Length);
    }

    [Fact]
    public void Of_QEMUs_own_log_the_end_stays_where_QEMU_goes_on_writing_and_the_rest_takes_no_room()
    {
        using Process qemu = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec > '{machine.QemuLog}'; yes some words of a translator 2>/dev/null | head -c 20000000; echo >&2; read line; echo the end"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        qemu.StandardError.ReadLine();
        using LogWatch watch = Watch();
        watch.Look();
        long length = new FileInfo(machine.QemuLog).Length;
        watch.Look();
        qemu.StandardInput.WriteLine();
        Assert.True(qemu.WaitForExit(TimeSpan.FromSeconds(30)));

        Assert.Equal((20_000_000, 20_000_008), (length, new FileInfo(machine.QemuLog).Length));
        Assert.Equal("the end", new QemuLog(machine.QemuLog).LastWords?[^7..]);
        string text = LogFile.Tail(machine.QemuLog, null);
        Assert.Equal((LogWatch.QemuTail + 8, 's'), (text.Length, text.Split('\n')[1][0]));
        using Process size = Process.Start(new ProcessStartInfo("du", ["-k", machine.QemuLog]) { RedirectStandardOutput = true })!;
        Assert.InRange(int.Parse(size.StandardOutput.ReadToEnd().Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture), 1, 1024);
    }

    [Fact]
    public async Task It_looks_by_itself_while_time_passes()
    {
        File.WriteAllText(machine.SerialLog, "hello\n");
        using LogWatch watch = Watch();
        watch.Begin();
        clock.Advance(TimeSpan.FromSeconds(10));
        await FakeLab.UntilAsync(() => File.Exists(machine.SerialLog + ".marks"));
    }

    private LogWatch Watch() => new(clock, () => [machine]);
}
