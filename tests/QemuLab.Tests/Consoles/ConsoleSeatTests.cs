using QemuLab.Engine.Consoles;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Consoles;

public sealed class ConsoleSeatTests
{
    [Fact]
    public void There_is_one_at_a_time_and_it_says_whose()
    {
        using var folder = new TemporaryDirectory();
        string path = folder.File("box.con");
        Assert.Null(ConsoleSeat.Holder(path));
        using (ConsoleSeat? first = ConsoleSeat.TryTake(path))
        {
            Assert.NotNull(first);
            Assert.Null(ConsoleSeat.TryTake(path));
            Assert.Equal((Environment.ProcessId, null), (ConsoleSeat.Holder(path), first.Successor));
        }

        Assert.Null(ConsoleSeat.Holder(path));
        using ConsoleSeat? next = ConsoleSeat.TryTake(path);
        Assert.NotNull(next);
    }

    [Fact]
    public void Who_is_asked_to_leave_sees_whom_for()
    {
        using var folder = new TemporaryDirectory();
        using ConsoleSeat seat = ConsoleSeat.TryTake(folder.File("box.con"))!;
        File.WriteAllText(folder.File("box.con.pid"), "77");
        Assert.Equal(77, seat.Successor);
    }
}
