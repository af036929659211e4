using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

public class InstanceLockTests
{
    [Fact]
    public void One_holder_at_a_time_and_the_next_one_after_it()
    {
        using var folder = new TemporaryDirectory();
        var paths = new StatePaths(folder.Path);
        using (InstanceLock? first = InstanceLock.TryTake(paths))
        {
            Assert.NotNull(first);
            Assert.Null(InstanceLock.TryTake(paths));
        }

        using InstanceLock? next = InstanceLock.TryTake(paths);
        Assert.NotNull(next);
    }

    [Fact]
    public void A_home_whose_socket_path_no_kernel_takes_is_refused_in_words()
    {
        var error = Assert.Throws<QemuLabException>(() => StateHome.Prepare(new StatePaths("/tmp/" + new string('x', 120))));
        Assert.Equal((ErrorKind.Usage, "home-too-long"), (error.Kind, error.Code));
    }

    [Fact]
    public void A_home_that_cannot_be_written_is_refused_in_words()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("file"), "");
        var error = Assert.Throws<QemuLabException>(() => StateHome.Prepare(new StatePaths(folder.File("file"))));
        Assert.Equal("home-not-writable", error.Code);
        Assert.Contains(folder.File("file"), error.Message, StringComparison.Ordinal);
    }
}
