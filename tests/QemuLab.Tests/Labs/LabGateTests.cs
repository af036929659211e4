using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class LabGateTests
{
    private readonly LabGate gate = new();

    [Fact]
    public async Task Changes_of_one_machine_each_happen_beside_each_other_but_not_of_the_same()
    {
        LabGate.Turn first = await gate.EnterAsync(default, "a");
        using LabGate.Turn beside = await gate.EnterAsync(default, "b");
        Task<LabGate.Turn> again = gate.EnterAsync(default, "a");
        Assert.False(again.IsCompleted);

        first.Dispose();

        (await again).Dispose();
    }

    [Fact]
    public async Task A_change_of_the_lab_waits_for_all_and_none_overtakes_it()
    {
        LabGate.Turn machine = await gate.EnterAsync(default, "a");
        Task<LabGate.Turn> lab = gate.EnterAsync(default);
        Task<LabGate.Turn> later = gate.EnterAsync(default, "b");
        Assert.False(lab.IsCompleted || later.IsCompleted);

        machine.Dispose();
        LabGate.Turn whole = await lab;
        Assert.False(later.IsCompleted);
        whole.Dispose();

        (await later).Dispose();
    }

    [Fact]
    public async Task An_interruption_ends_all_that_are_under_way()
    {
        LabGate.Turn a = await gate.EnterAsync(default, "a");
        LabGate.Turn b = await gate.EnterAsync(default, "b");

        Task<LabGate.Turn> down = gate.InterruptAsync(default);

        Assert.True(a.Cancellation.IsCancellationRequested && b.Cancellation.IsCancellationRequested);
        a.Dispose();
        b.Dispose();
        using LabGate.Turn turn = await down;
        Assert.False(turn.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task An_interruption_ends_those_that_wait_too()
    {
        LabGate.Turn lab = await gate.EnterAsync(default);
        Task<LabGate.Turn> waits = gate.EnterAsync(default);
        Task<LabGate.Turn> down = gate.InterruptAsync(default);
        Task<LabGate.Turn> later = gate.EnterAsync(default, "a");
        Assert.True(lab.Cancellation.IsCancellationRequested);

        lab.Dispose();
        LabGate.Turn over = await waits;
        Assert.True(over.Cancellation.IsCancellationRequested);
        over.Dispose();
        LabGate.Turn turn = await down;
        Assert.False(turn.Cancellation.IsCancellationRequested);
        turn.Dispose();
        using LabGate.Turn last = await later;
        Assert.False(last.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task One_that_leaves_as_soon_as_it_is_interrupted_disturbs_nobody()
    {
        foreach (string machine in (string[])["a", "b", "c"])
        {
            LabGate.Turn turn = await gate.EnterAsync(default, machine);
            turn.Cancellation.Register(turn.Dispose);
        }

        using LabGate.Turn down = await gate.InterruptAsync(default);
        Assert.False(down.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task One_that_gives_up_holds_nobody_behind_it()
    {
        LabGate.Turn machine = await gate.EnterAsync(default, "a");
        using var patience = new CancellationTokenSource();
        Task<LabGate.Turn> lab = gate.EnterAsync(patience.Token);
        Task<LabGate.Turn> behind = gate.EnterAsync(default, "b");

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lab);
        (await behind).Dispose();
        machine.Dispose();
        (await gate.EnterAsync(default)).Dispose();
    }
}
