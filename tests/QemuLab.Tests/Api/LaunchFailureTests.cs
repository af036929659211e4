using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Api;

public sealed class LaunchFailureTests
{
    private static QemuLabException? Of(params MachineLaunch[] machines)
    {
        try
        {
            LaunchFailure.ThrowIfAny(new LaunchOutcome("l", machines, [], []));
            return null;
        }
        catch (QemuLabException failure)
        {
            return failure;
        }
    }

    private static MachineLaunch Failed(string machine, string? hint, int? exitCode = null) => new(machine, MachineOutcome.Failed, 1, "no disk", hint, ErrorKind.TimedOut) { ExitCode = exitCode };

    [Fact]
    public void Where_all_have_come_up_there_is_none() => Assert.Null(Of(new MachineLaunch("a", MachineOutcome.Created, 1), new MachineLaunch("b", MachineOutcome.Unchanged, 1)));

    [Theory]
    [InlineData("make room", "make room")]
    [InlineData(null, "see: qemulab logs a")]
    public void One_that_has_not_is_told_with_its_own_hint(string? hint, string told)
    {
        QemuLabException failure = Of(Failed("a", hint, 12), new MachineLaunch("b", MachineOutcome.Created, 1))!;

        Assert.Equal((ErrorKind.TimedOut, "launch-failed", "a: no disk", told, 12), (failure.Kind, failure.Code, failure.Message, failure.Hint, failure.ExitCode));
    }

    [Fact]
    public void Several_have_the_hint_that_is_the_same_for_all()
    {
        QemuLabException failure = Of(Failed("a", "make room"), Failed("b", "make room"))!;

        Assert.Equal(("2 of 2 machines did not come up\na: no disk\nb: no disk", "make room"), (failure.Message, failure.Hint));
    }

    [Fact]
    public void The_hint_of_one_of_several_is_not_told_for_all_of_them()
    {
        Assert.Equal("what to do for each: qemulab why a b", Of(Failed("a", "make room"), Failed("b", "read: qemulab logs b"))!.Hint);
        Assert.Equal("what to do for each: qemulab why a b", Of(Failed("a", null), Failed("b", null))!.Hint);
        Assert.Equal("what to do for each: qemulab why --all", Of([.. Enumerable.Range(0, 6).Select(number => Failed($"m{number}", $"see m{number}"))])!.Hint);
    }
}
