using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Machines;

public sealed class BootBudgetTests
{
    [Fact]
    public async Task Boots_wait_in_turn_until_cores_are_free()
    {
        var budget = new BootBudget(3);
        IDisposable first = await budget.EnterAsync(2, TestContext.Current.CancellationToken);
        Task<IDisposable> second = budget.EnterAsync(2, TestContext.Current.CancellationToken);
        Task<IDisposable> third = budget.EnterAsync(1, TestContext.Current.CancellationToken);

        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted, "a small one must not overtake, or a large one never starts");

        first.Dispose();
        await second;
        await third;
    }

    [Fact]
    public async Task A_machine_larger_than_the_host_boots_alone()
    {
        var budget = new BootBudget(2);
        using IDisposable large = await budget.EnterAsync(16, TestContext.Current.CancellationToken);

        Assert.False(budget.EnterAsync(1, TestContext.Current.CancellationToken).IsCompleted);
    }

    [Fact]
    public async Task One_that_gives_up_waiting_lets_the_next_in()
    {
        var budget = new BootBudget(2);
        IDisposable first = await budget.EnterAsync(2, TestContext.Current.CancellationToken);
        using var givesUp = new CancellationTokenSource();
        Task<IDisposable> second = budget.EnterAsync(2, givesUp.Token);
        Task<IDisposable> third = budget.EnterAsync(2, TestContext.Current.CancellationToken);

        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        await third;
    }
}
