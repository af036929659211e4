using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Work that many ask for at the same time.</summary>
public sealed class CoalescedWorkTests
{
    private readonly CoalescedWork<int> work = new();
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int runs;

    [Fact]
    public async Task Who_asks_during_a_run_shares_the_next_one()
    {
        Task<int> early = work.AskAsync(HeldAsync);
        await FakeLab.UntilAsync(() => Volatile.Read(ref runs) == 1);
        Task<int>[] late = [.. Enumerable.Range(0, 50).Select(_ => work.AskAsync(HeldAsync))];
        Assert.All(late, task => Assert.False(task.IsCompleted));
        first.SetResult();

        Assert.Equal(1, await early);
        Assert.All(await Task.WhenAll(late), run => Assert.Equal(2, run));
        Assert.Equal(3, await work.AskAsync(HeldAsync));
    }

    [Fact]
    public async Task A_fault_is_told_to_those_who_shared_it_and_the_next_run_is_a_new_one()
    {
        Task<int> early = work.AskAsync(HeldAsync);
        await FakeLab.UntilAsync(() => Volatile.Read(ref runs) == 1);
        Task<int>[] late = [work.AskAsync(() => throw new InvalidOperationException("no")), work.AskAsync(HeldAsync)];
        first.SetResult();

        Assert.Equal(1, await early);
        await Assert.ThrowsAsync<InvalidOperationException>(() => late[0]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => late[1]);
        Assert.Equal(2, await work.AskAsync(HeldAsync));
    }

    private async Task<int> HeldAsync()
    {
        int mine = Interlocked.Increment(ref runs);
        await first.Task;
        return mine;
    }
}
