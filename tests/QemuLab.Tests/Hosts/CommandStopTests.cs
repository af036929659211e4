using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class CommandStopTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_cancelled_program_with_a_grace_may_clean_up()
    {
        using var cancellation = new CancellationTokenSource();
        var command = new Command("/bin/sh", "-c", "trap 'rm \"$0\"; exit' TERM; : >\"$0\"; echo up; while :; do sleep 0.05; done", folder.File("scratch"))
        {
            StopGrace = TimeSpan.FromSeconds(30),
            OnOutputLine = _ => cancellation.Cancel(),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new CommandRunner().RunAsync(command, cancellation.Token));

        Assert.False(File.Exists(folder.File("scratch")));
    }

    [Fact]
    public async Task One_that_has_no_output_still_tells_its_errors_and_how_it_ended()
    {
        CommandResult result = await new CommandRunner().RunAsync(new Command("/bin/sh", "-c", "echo bad >&2; exit 3") { HasOutput = false });

        Assert.Equal((3, "", "bad\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task One_that_does_not_listen_is_killed_when_the_grace_is_over()
    {
        using var cancellation = new CancellationTokenSource();
        int process = 0;
        var command = new Command("/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done")
        {
            StopGrace = TimeSpan.FromMilliseconds(100),
            OnOutputLine = line =>
            {
                process = int.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
                cancellation.Cancel();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new CommandRunner().RunAsync(command, cancellation.Token));

        Assert.Null(ProcessIdentity.Of(process));
    }

    [Fact]
    public async Task A_lock_is_one_process_at_a_time_and_waiting_for_it_can_be_given_up()
    {
        int waited = 0;
        using (await FileLock.TakeAsync(folder.File("lock"), () => waited++, CancellationToken.None))
        {
            using var impatient = new CancellationTokenSource();
            Task<FileLock> second = FileLock.TakeAsync(folder.File("lock"), () => waited++, impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        }

        using FileLock third = await FileLock.TakeAsync(folder.File("lock"), () => waited++, CancellationToken.None);
        Assert.Equal(1, waited);
    }
}
