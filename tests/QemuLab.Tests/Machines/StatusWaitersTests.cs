using QemuLab.Engine;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Machines;

public sealed class StatusWaitersTests
{
    private static readonly MachineStatus Stopped = new() { Lab = "l", Name = "a", Group = "a", State = MachineState.Stopped, Since = DateTimeOffset.UnixEpoch };
    private static readonly MachineStatus Running = Stopped with { State = MachineState.Running };

    private readonly StatusWaiters waiters = new(() => Stopped, () => new QemuLabException(ErrorKind.NotFound, "machine-gone", "a is gone"));
    private int asked;

    [Fact(Timeout = 30_000)]
    public async Task Who_gives_up_is_asked_no_more()
    {
        using var patience = new CancellationTokenSource();
        Task<MachineStatus> wait = waiters.WhenAsync(IsRunning, patience.Token);
        waiters.Wake(Stopped);
        Assert.Equal(2, asked);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        waiters.Wake(Running);

        Assert.Equal(2, asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_has_what_it_waited_for_is_asked_no_more()
    {
        Task<MachineStatus> wait = waiters.WhenAsync(IsRunning, CancellationToken.None);

        waiters.Wake(Running);
        Assert.Equal(MachineState.Running, (await wait).State);
        waiters.Wake(Running);

        Assert.Equal(2, asked);
    }

    private bool IsRunning(MachineStatus status)
    {
        asked++;
        return status.State == MachineState.Running;
    }
}
