using System.Diagnostics;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class ProcessIdentityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_process_keeps_its_identity() => Assert.Equal(ProcessIdentity.Of(Environment.ProcessId), ProcessIdentity.Of(Environment.ProcessId));

    [Fact]
    public void No_process_has_no_identity() => Assert.Null(ProcessIdentity.Of(0x3fff_ffff));

    [Fact]
    public void The_same_pid_with_another_start_is_another_process_and_gets_no_signal()
    {
        ProcessIdentity other = ProcessIdentity.Of(Environment.ProcessId)! with { Started = "before/1" };

        Assert.False(other.IsAlive);
        Assert.False(other.Terminate());
        Assert.False(other.Kill());
    }

    [Fact]
    public async Task A_process_is_ended_by_its_identity()
    {
        using Process process = Process.Start("sleep", "30");
        ProcessIdentity identity = ProcessIdentity.Of(process.Id)!;
        try
        {
            // Until the child has come to its exec, it has another command line or none.
            await FakeLab.UntilAsync(() => identity.CommandLineAsync(new CommandRunner()).GetAwaiter().GetResult() == "sleep 30");
            await identity.EndAsync(Patience);
            Assert.False(identity.IsAlive);
            Assert.Equal("", await identity.CommandLineAsync(new CommandRunner()));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void A_pid_file_names_a_process_or_nobody()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.File("pid");

        Assert.Null(ProcessIdentity.FromPidFile(file));
        File.WriteAllText(file, "nonsense");
        Assert.Null(ProcessIdentity.FromPidFile(file));
        File.WriteAllText(file, $"{Environment.ProcessId}\n");
        Assert.Equal(ProcessIdentity.Of(Environment.ProcessId), ProcessIdentity.FromPidFile(file));
    }
}
