using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class BootLogTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();

    private string Path => folder.File("boots.jsonl");

    public void Dispose() => folder.Dispose();

    private static Boot Begun(int process) => Boot.Begin(BootOrigin.Start, process, Start, Start, 5);

    [Fact]
    public void The_last_line_is_written_anew_as_the_boot_goes_on()
    {
        new BootLog(Path).Begin(Begun(1));
        var log = new BootLog(Path);
        log.Begin(Begun(2));
        log.Update(Begun(2).Reach(BootStage.Kernel, Start.AddSeconds(1)) with { LoginFailure = new string('x', 500) });
        log.Update(Begun(2).Reach(BootStage.Kernel, Start.AddSeconds(1)).Finish(BootEnd.Ready, Start.AddSeconds(3)));

        Assert.Equal([1, 2], BootLog.Read(Path).Select(boot => boot.ProcessId));
        Boot last = BootLog.Read(Path)[1];
        Assert.Equal((3, BootEnd.Ready, 5L), (last.ReadyAfterSeconds, last.End, last.ConsoleFrom));
        Assert.Equal([BootStage.Process, BootStage.Kernel, BootStage.Ready], last.Marks.Select(mark => mark.Stage));
        Assert.Equal(2, File.ReadAllLines(Path).Length);
    }

    [Fact]
    public void A_later_daemon_goes_on_with_the_last_line()
    {
        new BootLog(Path).Begin(Begun(1));
        new BootLog(Path).Begin(Begun(2));
        var later = new BootLog(Path);
        later.Resume();
        later.Update(Begun(2).Reach(BootStage.Init, Start));

        Assert.Equal([1, 2], BootLog.Read(Path).Select(boot => boot.ProcessId));
        Assert.True(BootLog.Read(Path)[1].Has(BootStage.Init));
    }

    [Fact]
    public void Fifty_are_kept()
    {
        for (int i = 1; i <= 120; i++)
        {
            new BootLog(Path).Begin(Begun(i));
            Assert.Equal(i, new BootLog(Path).Last()?.ProcessId);
            Assert.InRange(File.ReadAllLines(Path).Length, Math.Min(i, 50), 100);
        }

        Assert.Equal(Enumerable.Range(71, 50), BootLog.Read(Path).Select(boot => boot.ProcessId));
    }

    [Fact]
    public void A_line_that_is_torn_or_none_of_ours_costs_the_others_nothing()
    {
        new BootLog(Path).Begin(Begun(1));
        File.AppendAllText(Path, "{\"marks\":[]}\nnull\nnot json\n{\"startedAt\":\"20");
        Assert.Null(new BootLog(Path).Last());
        new BootLog(Path).Begin(Begun(2));

        Assert.Equal([1, 2], BootLog.Read(Path).Select(boot => boot.ProcessId));
    }

    [Fact]
    public void What_was_no_boot_is_taken_out()
    {
        new BootLog(Path).Begin(Begun(1));
        var log = new BootLog(Path);
        log.Begin(Begun(2));
        log.Discard();

        Assert.Equal([1], BootLog.Read(Path).Select(boot => boot.ProcessId));
    }

    [Fact]
    public void A_machine_that_is_being_removed_is_not_made_again()
    {
        var log = new BootLog(Path);
        log.Begin(Begun(1));
        File.Delete(Path);

        log.Update(Begun(1));
        new BootLog(folder.File("none/boots.jsonl")).Begin(Begun(1));

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Empty(BootLog.Read(Path));
        Assert.Null(new BootLog(Path).Last());
    }
}
