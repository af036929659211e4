using QemuLab.Api;
using QemuLab.Commands;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Commands;

public class FailureTests
{
    [Theory]
    [InlineData(ErrorKind.Failed, 1)]
    [InlineData(ErrorKind.Usage, 2)]
    [InlineData(ErrorKind.DaemonUnreachable, 3)]
    [InlineData(ErrorKind.NotFound, 4)]
    [InlineData(ErrorKind.TimedOut, 5)]
    [InlineData(ErrorKind.Conflict, 6)]
    public void Each_kind_of_error_has_its_exit_code(ErrorKind kind, int code)
    {
        Failure failure = Failure.Of(new QemuLabException(kind, "word", "it is so", "try this"), "log");
        Assert.Equal(code, failure.ExitCode);
        Assert.Equal(["error: it is so", "hint: try this"], failure.Lines);
    }

    [Fact]
    public void A_wrong_lab_file_prints_nothing_but_its_faults()
    {
        Failure failure = Failure.Of(new LabFileException([new("lab.yaml", 3, 5, "no such image"), new("lab.yaml", 9, 1, "bad name")]), "log");
        Assert.Equal(2, failure.ExitCode);
        Assert.Equal(["lab.yaml:3:5: no such image", "lab.yaml:9:1: bad name"], failure.Lines);
    }

    [Fact]
    public void A_bug_names_the_log_and_shows_no_stack()
    {
        foreach (Exception bug in (Exception[])[new InvalidOperationException("oops"), new DaemonBugException("oops")])
        {
            Failure failure = Failure.Of(bug, "/home/u/daemon.log");
            Assert.Equal(70, failure.ExitCode);
            Assert.Equal(2, failure.Lines.Count);
            Assert.Contains("/home/u/daemon.log", failure.Lines[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_interruption_says_nothing_and_is_130()
    {
        Failure failure = Failure.Of(new OperationCanceledException(), "log");
        Assert.Equal(130, failure.ExitCode);
        Assert.Empty(failure.Lines);
    }

    [Fact]
    public void A_guest_command_that_could_not_be_run_is_125() =>
        Assert.Equal(125, Failure.Of(new GuestCommandException("not-running", "control0 is not running"), "log").ExitCode);
}
