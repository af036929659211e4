using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class GatheredCallsTests
{
    private readonly List<string> made = [];
    private readonly TaskCompletionSource first = new();

    [Fact]
    public async Task Calls_that_come_while_one_is_under_way_are_made_together()
    {
        GatheredCalls<string> calls = Calls();
        Task a = Ask(calls, "a");
        Task[] later = [Ask(calls, "b"), Ask(calls, "c"), Ask(calls, "d")];
        Assert.All(later, call => Assert.False(call.IsCompleted));

        first.SetResult();
        await Task.WhenAll([a, .. later]);
        await Ask(calls, "e");

        Assert.Equal(["a", "b c d", "e"], made);
    }

    [Fact]
    public async Task Of_several_that_fail_together_each_is_tried_alone()
    {
        GatheredCalls<string> calls = Calls(refused: "c");
        Task a = Ask(calls, "a"), b = Ask(calls, "b"), c = Ask(calls, "c");
        first.SetResult();

        await a;
        await b;
        InvalidOperationException why = await Assert.ThrowsAsync<InvalidOperationException>(() => c);

        Assert.Equal("not c", why.Message);
        Assert.Equal(["a", "b c", "b", "c"], made);
    }

    [Fact]
    public async Task Whoever_gives_up_ends_no_call_for_others_and_gets_none_of_its_own()
    {
        using var gone = new CancellationTokenSource();
        GatheredCalls<string> calls = Calls(refused: "c");
        Task a = Ask(calls, "a"), b = calls.CallAsync("b", gone.Token), c = Ask(calls, "c");
        await gone.CancelAsync();
        first.SetResult();

        await a;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        await Assert.ThrowsAsync<InvalidOperationException>(() => c);

        Assert.Equal(["a", "b c", "c"], made);
    }

    [Fact]
    public async Task A_call_that_may_linger_waits_for_those_that_come_next()
    {
        var calls = new GatheredCalls<string>(
            (items, _) =>
            {
                made.Add(string.Join(' ', items));
                return Task.CompletedTask;
            },
            linger: TimeSpan.FromMilliseconds(200));
        await Task.WhenAll(Ask(calls, "a"), Ask(calls, "b"), Ask(calls, "c"));

        Assert.Equal(["a b c"], made);
    }

    private static Task Ask(GatheredCalls<string> calls, string item) => calls.CallAsync(item, TestContext.Current.CancellationToken);

    private GatheredCalls<string> Calls(string? refused = null) => new(async (items, cancellation) =>
    {
        made.Add(string.Join(' ', items));
        await first.Task.WaitAsync(cancellation);
        if (refused is not null && items.Contains(refused))
        {
            throw new InvalidOperationException("not " + refused);
        }
    });
}
