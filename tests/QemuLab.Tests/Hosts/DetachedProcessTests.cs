using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Hosts;

/// <summary>The child's half is tested with the real switch; here shells play the child.</summary>
public sealed class DetachedProcessTests
{
    [Fact]
    public async Task A_child_that_says_the_word_is_up()
    {
        ProcessIdentity child = await DetachedProcess.StartAsync(new Command("sh", "-c", "echo up; exec sleep 30"));

        Assert.True(child.IsAlive);
        child.Kill();
        Assert.True(await child.WaitForExitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_child_that_ends_instead_is_quoted()
    {
        var error = await Assert.ThrowsAsync<QemuLabException>(() => DetachedProcess.StartAsync(new Command("sh", "-c", "echo no such thing >&2; exit 1")));

        Assert.Equal("start-failed", error.Code);
        Assert.EndsWith(": no such thing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_that_does_neither_is_killed_in_time()
    {
        var command = new Command("sleep", "30") { TimeLimit = TimeSpan.FromMilliseconds(100) };

        var error = await Assert.ThrowsAsync<QemuLabException>(() => DetachedProcess.StartAsync(command));

        Assert.Equal(ErrorKind.TimedOut, error.Kind);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named() =>
        await Assert.ThrowsAsync<CommandNotFoundException>(() => DetachedProcess.StartAsync(new Command("/nonexistent/program")));
}
